import assert from 'node:assert/strict';
import type { KeyRef, Sealed } from '../backend.js';
import { type ContractCase, currentKey, rejectsWith } from './contract-case.js';

const PLAINTEXT = Buffer.alloc(32, 1);
const AAD = Buffer.from('what it belongs to');

/** A changed ciphertext. What a change gives must differ from what it was given. */
interface Tampering {
  readonly what: string;
  readonly change: (sealed: Sealed) => Sealed;
}

const tamperings: readonly Tampering[] = [
  { what: 'another IV', change: (sealed) => ({ ...sealed, iv: flipped(sealed.iv) }) },
  { what: 'an IV of 11 bytes', change: (sealed) => ({ ...sealed, iv: sealed.iv.subarray(0, 11) }) },
  { what: 'an IV of 13 bytes', change: (sealed) => ({ ...sealed, iv: Buffer.alloc(13) }) },
  { what: 'an IV of 0 bytes', change: (sealed) => ({ ...sealed, iv: Buffer.alloc(0) }) },
  {
    what: 'an IV of 16 bytes that was not used',
    change: (sealed) => ({ ...sealed, iv: Buffer.alloc(16) }),
  },
  {
    what: 'a flipped bit',
    change: (sealed) => ({ ...sealed, ciphertext: flipped(sealed.ciphertext) }),
  },
  {
    what: 'a ciphertext cut short',
    change: (sealed) => ({ ...sealed, ciphertext: sealed.ciphertext.subarray(1) }),
  },
  { what: 'no ciphertext', change: (sealed) => ({ ...sealed, ciphertext: Buffer.alloc(0) }) },
  { what: 'another tag', change: (sealed) => ({ ...sealed, tag: flipped(sealed.tag) }) },
  // What Node accepts unless it is told the length.
  ...[0, 4, 8, 12, 15].map((bytes) => ({
    what: `a tag cut to ${bytes} bytes`,
    change: (sealed: Sealed) => ({ ...sealed, tag: sealed.tag.subarray(0, bytes) }),
  })),
];

/** The cases in which a backend must refuse to encrypt or to decrypt. */
export const refusalCases: readonly ContractCase[] = [
  ...tamperings.map(
    ({ what, change }) =>
      ({
        title: `${what} → invalid-ciphertext`,
        async run(harness) {
          const { node, deadline } = harness;
          const key = await currentKey(harness);
          const sealed = await node.encrypt(key, PLAINTEXT, AAD, deadline());
          await rejectsWith(
            () => node.decrypt(key, change(sealed), AAD, deadline()),
            'invalid-ciphertext',
          );
          assert.deepEqual(await node.decrypt(key, sealed, AAD, deadline()), PLAINTEXT);
        },
      }) satisfies ContractCase,
  ),
  {
    title: 'another AAD → invalid-ciphertext',
    async run(harness) {
      const { node, deadline } = harness;
      const key = await currentKey(harness);
      const sealed = await node.encrypt(key, PLAINTEXT, AAD, deadline());
      for (const aad of [flipped(AAD), AAD.subarray(1), Buffer.alloc(0)]) {
        await rejectsWith(() => node.decrypt(key, sealed, aad, deadline()), 'invalid-ciphertext');
      }
    },
  },
  {
    title: 'the ciphertext of another key → invalid-ciphertext',
    async run(harness) {
      const { node, deadline } = harness;
      const sealed = await node.encrypt(await currentKey(harness), PLAINTEXT, AAD, deadline());
      const other = await currentKey(harness);
      await rejectsWith(() => node.decrypt(other, sealed, AAD, deadline()), 'invalid-ciphertext');
    },
  },
  ...['an unknown version', 'a version with the name of other material'].map(
    (what) =>
      ({
        title: `${what} → version-not-found`,
        async run(harness) {
          const { node, deadline } = harness;
          const key = await currentKey(harness);
          const sealed = await node.encrypt(key, PLAINTEXT, AAD, deadline());
          const { version, materialName } = key.version;
          const foreign: KeyRef = {
            ...key,
            version:
              what === 'an unknown version'
                ? { version: version + 1, materialName }
                : { version, materialName: flipped(materialName) },
          };
          await rejectsWith(
            () => node.decrypt(foreign, sealed, AAD, deadline()),
            'version-not-found',
          );
          await rejectsWith(
            () => node.encrypt(foreign, PLAINTEXT, AAD, deadline()),
            'version-not-found',
          );
        },
      }) satisfies ContractCase,
  ),
  {
    title: 'an unknown external key id → key-not-found',
    async run(harness) {
      const { node, deadline } = harness;
      const { version } = await currentKey(harness);
      const key = { externalKeyId: 'contract-no-such-key', version };
      const sealed = { iv: Buffer.alloc(12), ciphertext: PLAINTEXT, tag: Buffer.alloc(16) };
      await rejectsWith(() => node.encrypt(key, PLAINTEXT, AAD, deadline()), 'key-not-found');
      await rejectsWith(() => node.decrypt(key, sealed, AAD, deadline()), 'key-not-found');
    },
  },
  {
    title: 'a key for encryption alone → encrypts, and decrypts with usage-denied',
    async run(harness) {
      const { node, deadline } = harness;
      const key = await currentKey(harness, new Set(['ENCRYPT']));
      const sealed = await node.encrypt(key, PLAINTEXT, AAD, deadline());
      await rejectsWith(() => node.decrypt(key, sealed, AAD, deadline()), 'usage-denied');
    },
  },
  {
    title: 'a key for decryption alone → encrypts with usage-denied',
    async run(harness) {
      const key = await currentKey(harness, new Set(['DECRYPT']));
      await rejectsWith(
        () => harness.node.encrypt(key, PLAINTEXT, AAD, harness.deadline()),
        'usage-denied',
      );
    },
  },
];

/** The same bytes with one bit of the first changed. */
function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy[0] = (copy[0] ?? 0) ^ 1;
  return copy;
}
