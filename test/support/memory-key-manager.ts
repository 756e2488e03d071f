import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import {
  type KeyAdministration,
  type KeyDescription,
  KeyManagerError,
  type KeyRef,
  type KeyUsage,
  type Sealed,
} from '../../src/key-managers/backend.js';
import type { KeyManager, KeyManagerCall, NodeReport } from '../../src/key-managers/key-manager.js';

/** How a key differs from one that is enabled, good for everything and in its first version. */
export interface MemoryKey {
  readonly usage?: readonly KeyUsage[];
  readonly enabled?: boolean;
  /** Default: version 1. None is a key that cannot be used. */
  readonly versions?: readonly number[];
}

const NODE = { name: 'memory-1', location: 'here' };

/** A key manager in memory with real AES-256-GCM, whose methods a test can spy on and break. */
export class MemoryKeyManager implements KeyManager {
  readonly name = 'memory';
  readonly type = 'memory';
  readonly nodes = [NODE];
  readonly administration: KeyAdministration = {};
  readonly #keys: ReadonlyMap<string, KeyDescription>;

  /** @param keys by external key id */
  constructor(keys: Readonly<Record<string, MemoryKey>>) {
    this.#keys = new Map(Object.entries(keys).map(([id, key]) => [id, describe(id, key)]));
  }

  describeKey(externalKeyId: string, call: KeyManagerCall): Promise<KeyDescription> {
    call.tried(NODE);
    const key = this.#keys.get(externalKeyId);
    return key === undefined
      ? Promise.reject(new KeyManagerError('key-not-found', 'no such key'))
      : Promise.resolve(key);
  }

  describeKeyAnew(externalKeyId: string, call: KeyManagerCall): Promise<KeyDescription> {
    return this.describeKey(externalKeyId, call);
  }

  encrypt(key: KeyRef, plaintext: Buffer, aad: Buffer, call: KeyManagerCall): Promise<Sealed> {
    call.tried(NODE);
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', materialOf(key), iv).setAAD(aad);
    const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
    return Promise.resolve({ iv, ciphertext, tag: cipher.getAuthTag() });
  }

  encryptAndTry(
    key: KeyRef,
    plaintext: Buffer,
    aad: Buffer,
    call: KeyManagerCall,
  ): Promise<Sealed> {
    return this.encrypt(key, plaintext, aad, call);
  }

  decrypt(key: KeyRef, sealed: Sealed, aad: Buffer, call: KeyManagerCall): Promise<Buffer> {
    call.tried(NODE);
    const decipher = createDecipheriv('aes-256-gcm', materialOf(key), sealed.iv, {
      authTagLength: 16,
    });
    decipher.setAAD(aad).setAuthTag(sealed.tag);
    try {
      const plaintext = Buffer.concat([decipher.update(sealed.ciphertext), decipher.final()]);
      return Promise.resolve(plaintext);
    } catch (cause) {
      const error = new KeyManagerError('invalid-ciphertext', 'the tag does not match', { cause });
      return Promise.reject(error);
    }
  }

  health(): Promise<readonly NodeReport[]> {
    return Promise.resolve([{ ...NODE, vendor: 'Nobody', model: 'Memory', status: 'ACTIVE' }]);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** The name that a version's material has; the same in every run. */
export function materialNameOf(externalKeyId: string, version: number): Buffer {
  return createHash('sha256').update(`name ${externalKeyId} ${version}`).digest().subarray(0, 8);
}

function describe(externalKeyId: string, key: MemoryKey): KeyDescription {
  const versions = (key.versions ?? [1]).map((version) => ({
    version,
    materialName: materialNameOf(externalKeyId, version),
  }));
  return {
    externalKeyId,
    usage: new Set(key.usage ?? ['ENCRYPT', 'DECRYPT']),
    enabled: key.enabled ?? true,
    current: versions.at(-1),
    versions: new Map(versions.map((version) => [version.version, version])),
  };
}

function materialOf({ externalKeyId, version }: KeyRef): Buffer {
  return createHash('sha256').update(`material ${externalKeyId} ${version.version}`).digest();
}
