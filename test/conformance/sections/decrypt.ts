import { expect } from 'vitest';
import { canaries } from '../../support/canaries.js';
import { type Body, decryptBody, type EncryptAnswer, without } from '../../support/xks-requests.js';
import { base64Of, encrypt, expectError, expectSuccess, flipped } from '../expectations.js';
import type { Requirement, Section } from '../requirement.js';

const DECRYPT = 'keys/quickstart-key/decrypt';
const aad = { additionalAuthenticatedData: Buffer.from('project=nile').toString('base64') };

/** A change to a request that would decrypt, and what it comes to. */
type Change = readonly [string, (sealed: EncryptAnswer) => Body];

const corruptions: readonly Change[] = [
  ['a bit of the ciphertext', (sealed) => ({ ciphertext: flipped(sealed.ciphertext) })],
  ['a bit of the tag', (sealed) => ({ authenticationTag: flipped(sealed.authenticationTag) })],
  ['a bit of the IV', (sealed) => ({ initializationVector: flipped(sealed.initializationVector) })],
  [
    'a bit of the metadata',
    (sealed) => ({ ciphertextMetadata: flipped(sealed.ciphertextMetadata) }),
  ],
  ['the format in the metadata', (sealed) => ({ ciphertextMetadata: atByte(sealed, 0, 2) })],
  ['the key version in the metadata', (sealed) => ({ ciphertextMetadata: atByte(sealed, 4, 9) })],
  ['the AAD', () => ({ additionalAuthenticatedData: flipped(aad.additionalAuthenticatedData) })],
  ['the AAD, left out', () => ({ additionalAuthenticatedData: undefined })],
  ['the metadata, left out', () => ({ ciphertextMetadata: undefined })],
  ['the metadata, empty', () => ({ ciphertextMetadata: '' })],
  ['the metadata, moved into the AAD', movedIntoAad],
  ['the length of the IV', () => ({ initializationVector: base64Of(16) })],
];

/** The metadata with another value at one byte. */
function atByte({ ciphertextMetadata }: EncryptAnswer, offset: number, value: number): string {
  const bytes = Buffer.from(ciphertextMetadata, 'base64');
  bytes.writeUInt8(value, offset);
  return bytes.toString('base64');
}

/** What the lengths within the cipher's AAD are there to catch. */
function movedIntoAad({ ciphertextMetadata }: EncryptAnswer): Body {
  const parts = [aad.additionalAuthenticatedData, ciphertextMetadata];
  const joined = Buffer.concat(parts.map((part) => Buffer.from(part, 'base64')));
  return { additionalAuthenticatedData: joined.toString('base64'), ciphertextMetadata: undefined };
}

const corruptionRequirements = corruptions.map(
  ([title, change]): Requirement => ({
    level: 'MUST',
    text: `a change of ${title} is InvalidCiphertextException`,
    check: async ({ client }) => {
      const sealed = await encrypt(client, aad);
      const body = decryptBody(sealed, { ...aad, ...change(sealed) });
      expectError(await client.call(DECRYPT, body), 'InvalidCiphertextException');
      expectSuccess(await client.call(DECRYPT, decryptBody(sealed, aad)));
    },
  }),
);

/** @see XKS Proxy API, section Decrypt */
export const decryptSection: Section = {
  title: 'Decrypt',
  requirements: [
    {
      level: 'MUST',
      text: 'the answer is the plaintext, of the size of the ciphertext, and nothing else',
      check: async ({ client }) => {
        const sealed = await encrypt(client, aad);
        const opened = expectSuccess(await client.call(DECRYPT, decryptBody(sealed, aad)));
        expect(opened).toEqual({ plaintext: canaries.plaintext.toString('base64') });
      },
    },
    ...corruptionRequirements,
    {
      level: 'MUST',
      text: 'a true tag that was cut short is refused, though GCM itself would take it',
      check: async ({ client }) => {
        const sealed = await encrypt(client, aad);
        const tag = Buffer.from(sealed.authenticationTag, 'base64');
        for (const length of [0, 4, 8, 12, 13, 14, 15]) {
          const authenticationTag = tag.subarray(0, length).toString('base64');
          const body = decryptBody(sealed, { ...aad, authenticationTag });
          expectError(await client.call(DECRYPT, body), 'InvalidCiphertextException');
        }
        const authenticationTag = Buffer.concat([tag, Buffer.of(0)]).toString('base64');
        const body = decryptBody(sealed, { ...aad, authenticationTag });
        expectError(await client.call(DECRYPT, body), 'InvalidCiphertextException');
      },
    },
    {
      level: 'MUST',
      text: 'an IV that is neither 12 nor 16 bytes long is refused',
      check: async ({ client }) => {
        const sealed = await encrypt(client, aad);
        for (const length of [0, 1, 8, 11, 13, 15, 17, 64]) {
          const body = decryptBody(sealed, { ...aad, initializationVector: base64Of(length) });
          expectError(await client.call(DECRYPT, body), 'InvalidCiphertextException');
        }
      },
    },
    {
      level: 'MUST',
      text: 'metadata of more than 20 bytes is ValidationException, of 20 it is not',
      check: async ({ client }) => {
        const sealed = await encrypt(client, aad);
        const withMetadata = (bytes: number) =>
          client.call(
            DECRYPT,
            decryptBody(sealed, { ...aad, ciphertextMetadata: base64Of(bytes) }),
          );
        expectError(await withMetadata(21), 'ValidationException');
        expectError(await withMetadata(20), 'InvalidCiphertextException');
      },
    },
    {
      level: 'MUST',
      text: 'what one key has sealed another does not open',
      check: async ({ client }) => {
        const sealed = await encrypt(client, aad);
        const reply = await client.call('keys/decrypt-only/decrypt', decryptBody(sealed, aad));
        expectError(reply, 'InvalidCiphertextException');
      },
    },
    ...[
      'requestMetadata',
      'ciphertext',
      'encryptionAlgorithm',
      'initializationVector',
      'authenticationTag',
    ].map(
      (field): Requirement => ({
        level: 'MUST',
        text: `${field} is required`,
        check: async ({ client }) => {
          const body = without(decryptBody(await encrypt(client)), field);
          expectError(await client.call(DECRYPT, body), 'ValidationException');
        },
      }),
    ),
    ...[
      'ciphertext',
      'ciphertextMetadata',
      'initializationVector',
      'authenticationTag',
      'additionalAuthenticatedData',
    ].map(
      (field): Requirement => ({
        level: 'MUST',
        text: `${field} is standard, padded Base64 and nothing else`,
        check: async ({ client }) => {
          const sealed = await encrypt(client);
          for (const value of ['_-8=', 'YQ', 'Y Q==', 'YR==', '!', 7, null, {}]) {
            const reply = await client.call(DECRYPT, decryptBody(sealed, { [field]: value }));
            expectError(reply, 'ValidationException');
          }
        },
      }),
    ),
  ],
};
