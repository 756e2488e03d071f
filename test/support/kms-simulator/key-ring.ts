import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Call } from '../../../src/kms-simulator/call.js';
import type {
  ExternalCryptography,
  ExternalKey,
} from '../../../src/kms-simulator/custom-key-stores/external-cryptography.js';
import type { UsedKey } from '../../../src/kms-simulator/events/finished-call.js';
import { Cryptography, type Use } from '../../../src/kms-simulator/keys/cryptography.js';
import { KeyRing } from '../../../src/kms-simulator/keys/key-ring.js';
import {
  aliasRecordSchema,
  grantRecordSchema,
  type KeyRecord,
  keyRecordSchema,
} from '../../../src/kms-simulator/keys/records.js';
import type { Kms } from '../../../src/kms-simulator/operations/operation.js';
import { Collection } from '../../../src/kms-simulator/state/collection.js';
import { temporaryFolder } from '../temporary-folder.js';
import { ACCOUNT, callOf, makeKeyStores, REGION } from './key-stores.js';

/** The key store whose keys are there while it is connected. */
export const KEY_STORE = 'cks-1234567890abcdef0';
/** The principal of another account. */
export const STRANGER = { account: '444455556666', principalArn: 'arn:aws:iam::444455556666:root' };

/** A clock that a test sets. */
export class SetClock {
  nowMs = Date.parse('2026-01-01T00:00:00Z');

  now(): number {
    return this.nowMs;
  }

  monotonic(): number {
    return this.nowMs;
  }
}

/** External keys without a proxy: what they seal is the plaintext, and the call is kept. */
export class ClearExternalKeys implements ExternalCryptography {
  readonly calls: { readonly key: ExternalKey; readonly aad: Buffer; readonly call: Call }[] = [];

  encrypt(key: ExternalKey, plaintext: Buffer, aad: Buffer, call: Call): Promise<Buffer> {
    this.calls.push({ key, aad, call });
    return Promise.resolve(plaintext);
  }

  decrypt(key: ExternalKey, sealed: Buffer, aad: Buffer, call: Call): Promise<Buffer> {
    this.calls.push({ key, aad, call });
    return Promise.resolve(sealed);
  }

  inspect(): Promise<void> {
    return Promise.resolve();
  }
}

/** The keys of KMS for the length of a test, without its protocol. */
export interface TestKeys {
  readonly keys: KeyRing;
  readonly cryptography: Cryptography;
  readonly external: ClearExternalKeys;
  readonly clock: SetClock;
  readonly kms: Kms;
  /** Connects {@link KEY_STORE}, or disconnects it. */
  readonly connect: (isConnected: boolean) => void;
  /** Makes a key. @param changes to an enabled ordinary key */
  readonly make: (changes?: Partial<KeyRecord>) => Promise<KeyRecord>;
}

/** Opens the keys in a folder. @param folder default: a new one */
export async function openKeys(folder = temporaryFolder()): Promise<TestKeys> {
  const clock = new SetClock();
  const keys = new KeyRing({
    region: REGION,
    keys: await Collection.open(join(folder, 'keys'), keyRecordSchema),
    aliases: await Collection.open(join(folder, 'aliases'), aliasRecordSchema),
    grants: await Collection.open(join(folder, 'grants'), grantRecordSchema),
    clock,
    randomBytes,
  });
  let isThere = true;
  keys.follow({ isConnected: (id) => isThere && id === KEY_STORE });
  const external = new ClearExternalKeys();
  const cryptography = new Cryptography({ keys, external, randomBytes });
  const { keyStores } = makeKeyStores();
  return {
    keys,
    cryptography,
    external,
    clock,
    kms: { keys, cryptography, keyStores, clock, randomBytes },
    connect: (isConnected) => {
      isThere = isConnected;
    },
    make: async (changes) => {
      const settings = { account: ACCOUNT, description: '', policy: '{}', tags: [] };
      const record = await keys.create({ ...settings, ...changes });
      const changed = { ...record, ...changes };
      await keys.put(changed);
      return changed;
    },
  };
}

/** A use of a key by Alice. */
export function useOf(changes: Partial<Use> = {}): Use & { readonly used: UsedKey[] } {
  return {
    call: callOf('Encrypt'),
    used: [],
    context: {},
    algorithm: 'SYMMETRIC_DEFAULT',
    isDryRun: false,
    ...changes,
  };
}
