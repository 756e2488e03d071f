import { createHash, createPublicKey } from 'node:crypto';
import type { Deadline } from '../../shared/deadline.js';
import {
  type ImportWay,
  KeyManagerError,
  type KeySummary,
  type MaterialImport,
  type WrappedMaterial,
  type WrappingKey,
} from '../backend.js';
import { NOT_MATERIAL } from './act-refusal.js';
import { readBack } from './key-acts.js';
import {
  type AdministrationPorts,
  budget,
  type FoundKey,
  findKey,
  mustFindKey,
  summaryOf,
  transitKeyOf,
} from './known-transit-key.js';
import { heldVersion, newestVersion } from './transit-key.js';

const WAY: ImportWay = {
  wrappingAlgorithm: 'RSA_AES_KEY_WRAP_SHA_256',
  wrappingKeySpec: 'RSA_4096',
};
/** The one pair that Transit unwraps. */
export const importWays: readonly ImportWay[] = [WAY];
const NAME_DIGITS = 32;
/** 512 by RSA-4096, and 40 that RFC 5649 makes of 32. */
const WRAPPED_BYTES = 552;

/**
 * Import by the Transit engine, which unwraps by itself. Its wrapping key is one for all imports
 * and belongs to the mount; its id here tells it from that of another mount.
 */
export class VaultImport
  implements Pick<MaterialImport, 'createWrappingKey' | 'importKeyMaterial'>
{
  readonly #ports: AdministrationPorts;

  constructor(ports: AdministrationPorts) {
    this.#ports = ports;
  }

  async createWrappingKey(way: ImportWay): Promise<WrappingKey> {
    assertWay(way);
    return this.#wrappingKey(budget(this.#ports));
  }

  async importKeyMaterial(externalKeyId: string, material: WrappedMaterial): Promise<KeySummary> {
    const { way, version, witness } = material;
    assertWay(way);
    const deadline = budget(this.#ports);
    const found = await findKey(this.#ports, externalKeyId, deadline);
    const newest = found === undefined ? 0 : newestVersion(found.key);
    if (found === undefined || version > newest || !isImportedAt(found, version)) {
      assertNext(externalKeyId, found, version);
      if (witness !== undefined) throw noSecondImport(externalKeyId, version);
      await this.#assertWrappingKey(material, deadline);
      assertLength(material);
      await (found === undefined
        ? this.#importKey(externalKeyId, material, deadline)
        : this.#importVersion(found, material));
    }
    return this.#finished(externalKeyId, material, deadline);
  }

  /** Lets the version encrypt, unless it waits, and reads it back. */
  async #finished(
    externalKeyId: string,
    { version, waits }: WrappedMaterial,
    deadline: Deadline,
  ): Promise<KeySummary> {
    const found = await mustFindKey(this.#ports, externalKeyId, deadline);
    const { transitKey, key } = found;
    if (!waits && (heldVersion(key) ?? version) < version) {
      const settings = { min_encryption_version: version };
      await this.#ports.acts.configure(transitKey, settings, deadline);
    }
    const after = await readBack(this.#ports, found);
    if (isImportedAt({ ...found, key: after }, version)) {
      return summaryOf(this.#ports, externalKeyId, after);
    }
    throw new KeyManagerError('internal', `version ${version} of ${externalKeyId} is not there`);
  }

  async #importKey(
    externalKeyId: string,
    { wrapped }: WrappedMaterial,
    deadline: Deadline,
  ): Promise<void> {
    const { acts, names } = this.#ports;
    await acts.importKey(transitKeyOf(names, externalKeyId), wrapped, deadline);
  }

  /** Holds the version that encrypts before the new one is there. */
  async #importVersion(found: FoundKey, { wrapped, waits }: WrappedMaterial): Promise<void> {
    const { acts } = this.#ports;
    const { transitKey, key, deadline } = found;
    if (waits && heldVersion(key) === undefined) {
      const settings = { min_encryption_version: newestVersion(key) };
      await acts.configure(transitKey, settings, deadline);
    }
    await acts.importVersion(transitKey, wrapped, deadline);
  }

  async #wrappingKey(deadline: Deadline): Promise<WrappingKey> {
    const pem = await this.#ports.acts.wrappingKey(deadline);
    const publicKey = spkiOf(pem);
    const digest = createHash('sha256').update(publicKey).digest('hex').slice(0, NAME_DIGITS);
    return { wrappingKeyId: `transit-${digest}`, publicKey };
  }

  async #assertWrappingKey({ wrappingKeyId }: WrappedMaterial, deadline: Deadline): Promise<void> {
    if ((await this.#wrappingKey(deadline)).wrappingKeyId === wrappingKeyId) return;
    throw new KeyManagerError(
      'rejected',
      'the material is not wrapped under the wrapping key of this Transit engine; fetch import ' +
        'parameters anew',
    );
  }
}

/** 32 bytes have one length; to others Transit has many words. */
function assertLength({ wrapped }: WrappedMaterial): void {
  if (wrapped.length !== WRAPPED_BYTES) throw new KeyManagerError('rejected', NOT_MATERIAL);
}

function assertWay({ wrappingAlgorithm, wrappingKeySpec }: ImportWay): void {
  const isOurs =
    wrappingAlgorithm === WAY.wrappingAlgorithm && wrappingKeySpec === WAY.wrappingKeySpec;
  if (isOurs) return;
  throw new KeyManagerError(
    'unsupported',
    `Transit does not unwrap ${wrappingAlgorithm} with ${wrappingKeySpec}; it takes ` +
      `${WAY.wrappingAlgorithm} with ${WAY.wrappingKeySpec}`,
  );
}

/** Tells whether a version came to be by import. @throws KeyManagerError `conflict` otherwise */
function isImportedAt({ externalKeyId, key }: FoundKey, version: number): boolean {
  if (key.imported_key !== true) throw notImported(externalKeyId);
  return Object.keys(key.keys).includes(String(version));
}

function assertNext(externalKeyId: string, found: FoundKey | undefined, version: number): void {
  if (found !== undefined && found.key.imported_key !== true) throw notImported(externalKeyId);
  const newest = found === undefined ? 0 : newestVersion(found.key);
  if (version === newest + 1) return;
  if (version <= newest) throw noSecondImport(externalKeyId, version);
  throw new KeyManagerError(
    'conflict',
    `${externalKeyId} has ${newest} versions in Transit, so the next one is not ${version}`,
  );
}

function notImported(externalKeyId: string): KeyManagerError {
  return new KeyManagerError(
    'conflict',
    `${externalKeyId} has material that Transit made; it takes none from elsewhere`,
  );
}

function noSecondImport(externalKeyId: string, version: number): KeyManagerError {
  return new KeyManagerError(
    'unsupported',
    `Transit takes the material of version ${version} of ${externalKeyId} once and never again. ` +
      'Import it as a new key, and move its alias to that.',
  );
}

function spkiOf(pem: string): Buffer {
  try {
    return createPublicKey(pem).export({ type: 'spki', format: 'der' });
  } catch (cause) {
    const message = 'the wrapping key of the server is not a public key in PEM';
    throw new KeyManagerError('misconfigured', message, { cause });
  }
}
