import { type Body, decryptBody, type EncryptAnswer } from '../../support/xks-requests.js';
import { base64Of, encrypt, expectError, expectSuccess, flipped } from '../expectations.js';
import type { Requirement, Section } from '../requirement.js';

const DECRYPT = 'keys/quickstart-key/decrypt';
const aad = { additionalAuthenticatedData: Buffer.from('project=nile').toString('base64') };

/** A change to a request that would decrypt, and what it comes to. */
type Change = readonly [string, (sealed: EncryptAnswer) => Body];

const corruptions: readonly Change[] = [
  [
    'a bit of the metadata',
    (sealed) => ({ ciphertextMetadata: flipped(sealed.ciphertextMetadata) }),
  ],
  ['the format in the metadata', (sealed) => ({ ciphertextMetadata: atByte(sealed, 0, 2) })],
  ['the key version in the metadata', (sealed) => ({ ciphertextMetadata: atByte(sealed, 4, 9) })],
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
    level: 'OWN',
    text: `a change of ${title} is InvalidCiphertextException`,
    check: async ({ client }) => {
      const sealed = await encrypt(client, aad);
      const body = decryptBody(sealed, { ...aad, ...change(sealed) });
      expectError(await client.call(DECRYPT, body), 'InvalidCiphertextException');
      expectSuccess(await client.call(DECRYPT, decryptBody(sealed, aad)));
    },
  }),
);

/**
 * The specification allows two errors for some of these; Holdfast has one.
 *
 * @see XKS Proxy API, section Decrypt
 */
export const decryptSection: Section = {
  title: 'Decrypt',
  requirements: [
    ...corruptionRequirements,
    {
      level: 'OWN',
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
      level: 'OWN',
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
      level: 'OWN',
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
  ],
};
