import { Buffer } from 'node:buffer';
import { createCipheriv, createDecipheriv } from 'node:crypto';

/**
 * @typedef {import('holdfast/key-managers').KeyManagerNode} KeyManagerNode
 * @typedef {import('holdfast/key-managers').KeyDescription} KeyDescription
 * @typedef {import('holdfast/key-managers').KeySummary} KeySummary
 * @typedef {import('holdfast/key-managers').KeyRef} KeyRef
 * @typedef {import('holdfast/key-managers').KeyUsage} KeyUsage
 * @typedef {import('holdfast/key-managers').NodeHealth} NodeHealth
 * @typedef {import('holdfast/key-managers').Sealed} Sealed
 * @typedef {import('holdfast/key-managers').ModulePorts} ModulePorts
 */

const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
const MATERIAL_NAME_BYTES = 8;
const TAG_BYTES = 16;
const IV_BYTES = 12;
const ACCEPTED_IV_BYTES = [12, 16];
/** Exported by `holdfast/key-managers` too; written here so that this file imports nothing. */
const HEALTH_TEST_KEY_ID = 'holdfast-health-test';
const TEST_PLAINTEXT = Buffer.from('health test');

/**
 * One place where keys live. A key manager with several servers makes one of these for each, and
 * Holdfast adds failover, timeouts and a circuit breaker around them.
 *
 * @implements {KeyManagerNode}
 */
export class SeedNode {
  vendor = 'Example';
  model = 'Seed 1';
  /** True only for what answers from memory: it gets no timers and no queue. */
  inProcess = true;

  /** @type {Map<string, { description: KeyDescription, material: Buffer }>} */
  #keys = new Map();
  #derive;
  #ports;

  /**
   * @param {object} parts
   * @param {string} parts.name
   * @param {string} parts.location
   * @param {(purpose: string, bytes: number) => Buffer} parts.derive
   * @param {ModulePorts} parts.ports
   */
  constructor({ name, location, derive, ports }) {
    this.name = name;
    this.location = location;
    this.#derive = derive;
    this.#ports = ports;
    this.#add(HEALTH_TEST_KEY_ID, new Set(['ENCRYPT', 'DECRYPT']));
  }

  /** @param {string} externalKeyId @returns {Promise<KeyDescription>} */
  async describeKey(externalKeyId) {
    return this.#find(externalKeyId).description;
  }

  /**
   * @param {KeyRef} ref
   * @param {Buffer} plaintext
   * @param {Buffer} aad
   * @returns {Promise<Sealed>}
   */
  async encrypt(ref, plaintext, aad) {
    const iv = this.#ports.randomBytes(IV_BYTES);
    const material = this.#usable(ref, 'ENCRYPT');
    const cipher = createCipheriv(ALGORITHM, material, iv, { authTagLength: TAG_BYTES });
    cipher.setAAD(aad);
    const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
    return { iv, ciphertext, tag: cipher.getAuthTag() };
  }

  /**
   * @param {KeyRef} ref
   * @param {Sealed} sealed
   * @param {Buffer} aad
   * @returns {Promise<Buffer>}
   */
  async decrypt(ref, { iv, ciphertext, tag }, aad) {
    const material = this.#usable(ref, 'DECRYPT');
    // Whatever Node would make of other lengths: the protocol has these alone.
    if (!ACCEPTED_IV_BYTES.includes(iv.length) || tag.length !== TAG_BYTES) {
      throw this.#error('invalid-ciphertext', 'the IV or the tag has a length that is not used');
    }
    const decipher = createDecipheriv(ALGORITHM, material, iv, { authTagLength: TAG_BYTES });
    decipher.setAAD(aad);
    decipher.setAuthTag(tag);
    const plaintext = decipher.update(ciphertext);
    try {
      return Buffer.concat([plaintext, decipher.final()]);
    } catch (cause) {
      throw this.#error('invalid-ciphertext', 'the tag does not match', cause);
    }
  }

  /**
   * Never rejects: a node that is down says so.
   *
   * @returns {Promise<NodeHealth>}
   */
  async checkHealth() {
    try {
      const { current: version } = await this.describeKey(HEALTH_TEST_KEY_ID);
      if (version === undefined) return { status: 'UNAVAILABLE', detail: 'there is no test key' };
      const ref = { externalKeyId: HEALTH_TEST_KEY_ID, version };
      const aad = Buffer.alloc(0);
      const opened = await this.decrypt(ref, await this.encrypt(ref, TEST_PLAINTEXT, aad), aad);
      if (opened.equals(TEST_PLAINTEXT)) return { status: 'ACTIVE' };
      return { status: 'UNAVAILABLE', detail: 'the test key decrypts to something else' };
    } catch (error) {
      return { status: 'UNAVAILABLE', detail: String(error) };
    }
  }

  /** Yours: end connections. */
  async close() {
    this.#keys.clear();
  }

  /**
   * Yours: make the key where it lives. This example forgets it at the next start.
   *
   * @param {string} externalKeyId
   * @param {ReadonlySet<KeyUsage>} usage
   * @returns {Promise<KeySummary>}
   */
  async createKey(externalKeyId, usage) {
    if (this.#keys.has(externalKeyId)) throw this.#error('conflict', 'the id is taken');
    return { description: this.#add(externalKeyId, usage) };
  }

  /** @param {string} externalKeyId @param {ReadonlySet<KeyUsage>} usage */
  #add(externalKeyId, usage) {
    const version = {
      version: 1,
      // The same on every replica, other for other material, and useless to find the material.
      materialName: this.#derive(`name of ${externalKeyId}`, MATERIAL_NAME_BYTES),
    };
    const versions = new Map([[version.version, version]]);
    const description = { externalKeyId, usage, enabled: true, current: version, versions };
    const material = this.#derive(`material of ${externalKeyId}`, KEY_BYTES);
    this.#keys.set(externalKeyId, { description, material });
    return description;
  }

  /** @param {string} externalKeyId */
  #find(externalKeyId) {
    const key = this.#keys.get(externalKeyId);
    if (key === undefined) throw this.#error('key-not-found', `there is no ${externalKeyId}`);
    return key;
  }

  /**
   * @param {KeyRef} ref
   * @param {KeyUsage} usage
   */
  #usable({ externalKeyId, version }, usage) {
    const { description, material } = this.#find(externalKeyId);
    const own = description.versions.get(version.version);
    // The number alone is not enough: a key made anew under an old id counts from 1 again.
    if (own?.materialName.equals(version.materialName) !== true) {
      throw this.#error('version-not-found', `${externalKeyId} has no such version`);
    }
    if (description.usage.has(usage)) return material;
    throw this.#error('usage-denied', `${externalKeyId} is not for ${usage}`);
  }

  /**
   * @param {import('holdfast/key-managers').KeyManagerErrorCode} code
   * @param {string} message for the log: no plaintext, key, PIN or token
   * @param {unknown} [cause]
   */
  #error(code, message, cause) {
    return new this.#ports.KeyManagerError(code, message, { cause });
  }
}
