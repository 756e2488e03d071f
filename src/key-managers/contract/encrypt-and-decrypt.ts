import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { type ContractCase, currentKey } from './contract-case.js';

/** Sizes in bytes that must work: those of KMS, the limits of the protocol, and nothing at all. */
const sizes: readonly { readonly plaintext: number; readonly aad: number }[] = [
  { plaintext: 32, aad: 100 },
  { plaintext: 0, aad: 100 },
  { plaintext: 1, aad: 0 },
  { plaintext: 0, aad: 0 },
  { plaintext: 4300, aad: 8192 + 16 },
  // Two length fields, 65,535 bytes of AAD and 20 of metadata.
  { plaintext: 32, aad: 65_558 },
];

/** The cases of encrypt and decrypt that succeed. */
export const encryptAndDecryptCases: readonly ContractCase[] = [
  ...sizes.map(
    (size) =>
      ({
        title: `${size.plaintext} bytes with an AAD of ${size.aad} → encrypted, and decrypted again`,
        async run(harness) {
          const { node, deadline } = harness;
          const key = await currentKey(harness);
          const plaintext = randomBytes(size.plaintext);
          const aad = randomBytes(size.aad);
          const sealed = await node.encrypt(key, plaintext, aad, deadline());
          assert([12, 16].includes(sealed.iv.length), 'the IV has 12 or 16 bytes');
          assert.equal(sealed.ciphertext.length, plaintext.length);
          assert.equal(sealed.tag.length, 16);
          assert.deepEqual(await node.decrypt(key, sealed, aad, deadline()), plaintext);
        },
      }) satisfies ContractCase,
  ),
  {
    title: 'encryptAndTry, where there is one → as encrypt, with the hash of what was tried',
    async run(harness) {
      const { node, deadline } = harness;
      if (node.encryptAndTry === undefined) return;
      const key = await currentKey(harness);
      const plaintext = randomBytes(32);
      const aad = randomBytes(100);
      const sealed = await node.encryptAndTry(key, plaintext, aad, deadline());
      const { iv, ciphertext, tag } = sealed;
      const tried = Buffer.concat([iv, ciphertext, tag, aad, plaintext]);
      assert.deepEqual(sealed.triedSha256, createHash('sha256').update(tried).digest());
      assert.deepEqual(await node.decrypt(key, sealed, aad, deadline()), plaintext);
    },
  },
  {
    title: 'one plaintext twice → two IVs and two ciphertexts',
    async run(harness) {
      const { node, deadline } = harness;
      const key = await currentKey(harness);
      const plaintext = Buffer.alloc(32, 1);
      const aad = Buffer.alloc(10);
      const one = await node.encrypt(key, plaintext, aad, deadline());
      const other = await node.encrypt(key, plaintext, aad, deadline());
      assert(!one.iv.equals(other.iv));
      assert(!one.ciphertext.equals(other.ciphertext));
    },
  },
  {
    title: '32 operations at once → each gets its own answer',
    async run(harness) {
      const { node, deadline } = harness;
      const key = await currentKey(harness);
      const plaintexts = Array.from({ length: 32 }, () => randomBytes(64));
      const opened = await Promise.all(
        plaintexts.map(async (plaintext, index) => {
          const aad = Buffer.from(`request ${index}`);
          const sealed = await node.encrypt(key, plaintext, aad, deadline());
          return node.decrypt(key, sealed, aad, deadline());
        }),
      );
      assert.deepEqual(opened, plaintexts);
    },
  },
  {
    title: 'plaintext, ciphertext and AAD → left as they were',
    async run(harness) {
      const { node, deadline } = harness;
      const key = await currentKey(harness);
      const plaintext = Buffer.alloc(48, 7);
      const aad = Buffer.alloc(20, 9);
      const sealed = await node.encrypt(key, plaintext, aad, deadline());
      const copy = Buffer.from(sealed.ciphertext);
      await node.decrypt(key, sealed, aad, deadline());
      assert.deepEqual([plaintext, aad], [Buffer.alloc(48, 7), Buffer.alloc(20, 9)]);
      assert.deepEqual(sealed.ciphertext, copy);
    },
  },
];
