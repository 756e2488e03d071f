import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { nameOf } from '../../src/external-keys/lifecycle/imported-key.js';
import {
  type KeyAdministration,
  type KeyDescription,
  type ImportWay,
  KeyManagerError,
  type KeyRef,
  type KeySummary,
  type KeyUsage,
  type KeyVersion,
  type MaterialOrigin,
  type Sealed,
  type WrappedMaterial,
} from '../../src/key-managers/backend.js';
import type { KeyManager, KeyManagerCall, NodeReport } from '../../src/key-managers/key-manager.js';
import { anyPair, BY_AES_2048, OAEP_2048, unwrap, type WrappingPair } from './wrapping-pair.js';
import { decryptAesGcm, encryptAesGcm } from '../../src/key-managers/sealed/keys/aes-gcm.js';

/** A version with its material, unless that is destroyed. */
interface LivingVersion extends KeyVersion {
  readonly key: KeyObject;
  readonly waits: boolean;
}

interface LivingKey {
  readonly usage: ReadonlySet<KeyUsage>;
  readonly origin: MaterialOrigin;
  enabled: boolean;
  highest: number;
  readonly versions: Map<number, LivingVersion>;
}

/** The moment at which a call fails without an answer: before it has done anything, or after. */
export type LostCall = 'before' | 'after';

const NODE = { name: 'living-1', location: 'here' };

/**
 * A key manager in memory that can do everything, which several replicas share, and whose acts may
 * get lost on their way.
 */
export class LivingKeys implements KeyManager {
  readonly name = 'living';
  readonly type = 'living';
  readonly nodes = [NODE];
  /** Every act that was done, in its order. */
  readonly done: string[] = [];
  /** Decides which calls of an act get lost. */
  losing: (act: string) => LostCall | undefined = () => undefined;
  /** False for a key manager that encrypts with the newest version whether it waits or not. */
  canWait = true;
  /** True for a key manager that destroys no version before all that are older. */
  oldestFirst = false;
  readonly #keys = new Map<string, LivingKey>();
  readonly #names = new Map<string, Buffer>();
  /** The wrapping keys that are not destroyed. */
  readonly wrappingKeys = new Map<string, WrappingPair>();
  /** Names of wrapping keys that were made more than 48 hours ago. */
  readonly oldWrappingKeys = new Set<string>();

  readonly administration = {
    listKeys: () => Promise.resolve([...this.#keys.keys()].map((id) => this.#summary(id))),
    createKey: (id: string, usage: ReadonlySet<KeyUsage>, origin: MaterialOrigin = 'generated') =>
      this.#act('create', id, () => {
        if (this.#keys.has(id)) throw new KeyManagerError('conflict', `${id} is taken`);
        const key = { usage, origin, enabled: true, highest: 0, versions: new Map() };
        this.#keys.set(id, key);
        if (origin !== 'external') this.#addVersion(id);
        return this.#summary(id);
      }),
    rotateKey: (id: string, from: number) =>
      this.#act('rotate', id, () => {
        const { current } = this.#summary(id).description;
        if ((current?.version ?? 0) > from) return this.#summary(id);
        if (this.#key(id).origin === 'generated') this.#addVersion(id);
        else this.#release(id);
        return this.#summary(id);
      }),
    setKeyEnabled: (id: string, enabled: boolean) =>
      this.#act(enabled ? 'enable' : 'disable', id, () => {
        this.#key(id).enabled = enabled;
        return this.#summary(id);
      }),
    destroyVersion: (id: string, version: number) =>
      this.#act('destroy-version', id, () => {
        const { versions } = this.#key(id);
        if (this.oldestFirst && [...versions.keys()].some((each) => each < version)) {
          throw new KeyManagerError('unsupported', 'an older version is there');
        }
        versions.delete(version);
      }),
    destroyKey: (id: string) =>
      this.#act('destroy', id, () => {
        this.#keys.delete(id);
      }),
    materialImport: {
      ways: [OAEP_2048, BY_AES_2048],
      createWrappingKey: (way: ImportWay) =>
        this.#act('create-wrapping-key', nameOf(way), () => {
          const wrappingKeyId = randomBytes(8).toString('hex');
          const pair = anyPair();
          this.wrappingKeys.set(wrappingKeyId, pair);
          return { wrappingKeyId, publicKey: pair.publicKey };
        }),
      importKeyMaterial: (id: string, given: WrappedMaterial) =>
        this.#act('import', id, () => {
          this.#import(id, given);
          return this.#summary(id);
        }),
      destroyWrappingKey: (wrappingKeyId: string) =>
        this.#act('destroy-wrapping-key', wrappingKeyId, () => {
          this.wrappingKeys.delete(wrappingKeyId);
        }),
      destroyOldWrappingKeys: () =>
        this.#act('destroy-old-wrapping-keys', '', () => {
          for (const id of this.wrappingKeys.keys()) {
            if (this.oldWrappingKeys.has(id)) this.wrappingKeys.delete(id);
          }
        }),
    },
  } satisfies KeyAdministration;

  /** Makes a key behind the back of Holdfast. */
  makeElsewhere(id: string): void {
    const usage: ReadonlySet<KeyUsage> = new Set(['ENCRYPT', 'DECRYPT']);
    const key = {
      usage,
      origin: 'generated',
      enabled: true,
      highest: 0,
      versions: new Map(),
    } as const;
    this.#keys.set(id, key);
    this.#addVersion(id);
  }

  describeKey(externalKeyId: string, call: KeyManagerCall): Promise<KeyDescription> {
    call.tried(NODE);
    return Promise.resolve().then(() => this.#summary(externalKeyId).description);
  }

  describeKeyAnew(externalKeyId: string, call: KeyManagerCall): Promise<KeyDescription> {
    return this.describeKey(externalKeyId, call);
  }

  async encrypt(ref: KeyRef, plaintext: Buffer, aad: Buffer, call: KeyManagerCall) {
    call.tried(NODE);
    const isWaiting = this.#key(ref.externalKeyId).versions.get(ref.version.version)?.waits;
    if (isWaiting === true && this.canWait) {
      throw new KeyManagerError('exhausted', 'a version that waits encrypts nothing');
    }
    return Promise.resolve(encryptAesGcm(this.#material(ref), randomBytes(12), plaintext, aad));
  }

  encryptAndTry(ref: KeyRef, plaintext: Buffer, aad: Buffer, call: KeyManagerCall) {
    return this.encrypt(ref, plaintext, aad, call);
  }

  async decrypt(ref: KeyRef, sealed: Sealed, aad: Buffer, call: KeyManagerCall): Promise<Buffer> {
    call.tried(NODE);
    return Promise.resolve(decryptAesGcm(this.#material(ref), sealed, aad));
  }

  health(): Promise<readonly NodeReport[]> {
    return Promise.resolve([{ ...NODE, vendor: 'Nobody', model: 'Living', status: 'ACTIVE' }]);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #act<T>(act: string, id: string, work: () => T): Promise<T> {
    const lost = this.losing(act);
    if (lost === 'before') throw new KeyManagerError('unreachable', `${act} got lost`);
    await Promise.resolve();
    const result = work();
    this.done.push(`${act} ${id}`);
    if (lost === 'after') throw new KeyManagerError('unreachable', `the answer to ${act} got lost`);
    return result;
  }

  #key(id: string): LivingKey {
    const key = this.#keys.get(id);
    if (key === undefined) throw new KeyManagerError('key-not-found', `there is no key ${id}`);
    return key;
  }

  #material({ externalKeyId, version }: KeyRef): KeyObject {
    const found = this.#key(externalKeyId).versions.get(version.version);
    if (found !== undefined) return found.key;
    throw new KeyManagerError('version-not-found', `${externalKeyId} has no such version`);
  }

  #addVersion(id: string): void {
    this.#putVersion(id, this.#key(id).highest + 1, createSecretKey(randomBytes(32)));
  }

  #putVersion(id: string, version: number, key: KeyObject, waits = false): void {
    const living = this.#key(id);
    living.highest = Math.max(living.highest, version);
    const named = `${id} ${version}`;
    const materialName = this.#names.get(named) ?? randomBytes(8);
    this.#names.set(named, materialName);
    living.versions.set(version, { version, materialName, key, waits });
  }

  #import(id: string, given: WrappedMaterial): void {
    const { version, waits, witness } = given;
    const { origin, versions, highest } = this.#key(id);
    if (origin === 'generated') throw new KeyManagerError('conflict', `${id} takes no material`);
    if (version > highest + 1) throw new KeyManagerError('unsupported', 'a version is left out');
    const key = this.#unwrapped(given);
    if (witness !== undefined) {
      try {
        decryptAesGcm(key, witness.sealed, witness.aad);
      } catch (cause) {
        throw new KeyManagerError('conflict', 'it is other material', { cause });
      }
    }
    if (!versions.has(version)) this.#putVersion(id, version, key, waits);
  }

  #unwrapped({ way, wrappingKeyId, wrapped }: WrappedMaterial): KeyObject {
    const pair = this.wrappingKeys.get(wrappingKeyId);
    try {
      const material = pair && unwrap(way, pair, wrapped);
      if (material?.length === 32) return createSecretKey(material);
    } catch (cause) {
      throw new KeyManagerError('rejected', 'it does not open', { cause });
    }
    throw new KeyManagerError('rejected', 'it does not open');
  }

  #release(id: string): void {
    const { versions } = this.#key(id);
    const waiting = [...versions.values()].find(({ waits }) => waits);
    if (waiting === undefined) throw new KeyManagerError('conflict', 'none waits');
    versions.set(waiting.version, { ...waiting, waits: false });
  }

  #summary(externalKeyId: string): KeySummary {
    const { usage, enabled, versions, origin } = this.#key(externalKeyId);
    const inOrder = [...versions.values()].sort((a, b) => a.version - b.version);
    const current = inOrder.filter(({ waits }) => !waits || !this.canWait).at(-1);
    const description = { externalKeyId, usage, enabled, current, versions: new Map(versions) };
    return { description, origin };
  }
}
