import { expect } from 'vitest';
import { canaries } from '../../support/canaries.js';
import { decryptBody, encryptBody, without } from '../../support/xks-requests.js';
import {
  base64Of,
  encrypt,
  expectError,
  expectSuccess,
  integrityValueOf,
} from '../expectations.js';
import type { Requirement, Section } from '../requirement.js';

const KEY = 'keys/quickstart-key';

const sizes: readonly [string, number, number][] = [
  ['a plaintext of 1 byte', 1, 0],
  ['a plaintext of 4,300 bytes', 4_300, 0],
  ['an AAD of 8,192 bytes', 32, 8_192],
  ['a plaintext of 4,300 bytes with an AAD of 8,192', 4_300, 8_192],
  ['an AAD of 65,535 bytes', 32, 65_535],
];

const sizeRequirements = sizes.map(
  ([title, plaintextBytes, aadBytes]): Requirement => ({
    level: aadBytes > 8_192 ? 'OWN' : 'MUST',
    text: `${title} can be encrypted, proved and decrypted`,
    check: async ({ client }) => {
      const plaintext = base64Of(plaintextBytes);
      const aad = aadBytes === 0 ? {} : { additionalAuthenticatedData: base64Of(aadBytes) };
      const proof = { ciphertextDataIntegrityValueAlgorithm: 'SHA_256' };
      const sealed = await encrypt(client, { plaintext, ...aad, ...proof });
      expect(Buffer.from(sealed.ciphertext, 'base64')).toHaveLength(plaintextBytes);
      expect(sealed.ciphertextDataIntegrityValue).toBe(
        integrityValueOf(sealed, base64Of(aadBytes)),
      );
      const opened = expectSuccess(await client.call(`${KEY}/decrypt`, decryptBody(sealed, aad)));
      expect(opened).toEqual({ plaintext });
    },
  }),
);

/** @see XKS Proxy API, section Encrypt */
export const encryptSection: Section = {
  title: 'Encrypt',
  requirements: [
    ...sizeRequirements,
    {
      level: 'MUST',
      text: 'an AAD longer than its two-byte length can say is UnsupportedOperationException',
      check: async ({ client }) => {
        const body = encryptBody({ additionalAuthenticatedData: base64Of(65_536) });
        expectError(await client.call(`${KEY}/encrypt`, body), 'UnsupportedOperationException');
      },
    },
    {
      level: 'MUST',
      text: 'the answer has an IV of 12 or 16 bytes, a tag of 16, and at most 20 of metadata',
      check: async ({ client }) => {
        const sealed = await encrypt(client);
        const lengthOf = (base64: string) => Buffer.from(base64, 'base64').length;
        expect([12, 16]).toContain(lengthOf(sealed.initializationVector));
        expect(lengthOf(sealed.authenticationTag)).toBe(16);
        expect(lengthOf(sealed.ciphertextMetadata)).toBeLessThanOrEqual(20);
        expect(lengthOf(sealed.ciphertext)).toBe(canaries.plaintext.length);
      },
    },
    {
      level: 'MUST',
      text: 'two encryptions of one plaintext have nothing in common but the metadata',
      check: async ({ client }) => {
        const [a, b] = [await encrypt(client), await encrypt(client)];
        expect(a.initializationVector).not.toBe(b.initializationVector);
        expect(a.ciphertext).not.toBe(b.ciphertext);
        expect(a.ciphertextMetadata).toBe(b.ciphertextMetadata);
      },
    },
    {
      level: 'MUST',
      text: 'the integrity value comes if and only if it is asked for',
      check: async ({ client }) => {
        expect(await encrypt(client)).not.toHaveProperty('ciphertextDataIntegrityValue');
        const proof = { ciphertextDataIntegrityValueAlgorithm: 'SHA_256' };
        const sealed = await encrypt(client, proof);
        expect(sealed.ciphertextDataIntegrityValue).toBe(integrityValueOf(sealed, ''));
      },
    },
    ...[
      ['encryptionAlgorithm', 'AES_CBC'],
      ['encryptionAlgorithm', 'aes_gcm'],
      ['ciphertextDataIntegrityValueAlgorithm', 'SHA_512'],
      ['ciphertextDataIntegrityValueAlgorithm', ''],
    ].map(
      ([field = '', value]): Requirement => ({
        level: 'MUST',
        text: `${field} "${String(value)}" is refused`,
        check: async ({ client }) => {
          const reply = await client.call(`${KEY}/encrypt`, encryptBody({ [field]: value }));
          expectError(reply, 'ValidationException');
        },
      }),
    ),
    ...['requestMetadata', 'plaintext', 'encryptionAlgorithm'].map(
      (field): Requirement => ({
        level: 'MUST',
        text: `${field} is required`,
        check: async ({ client }) => {
          const reply = await client.call(`${KEY}/encrypt`, without(encryptBody(), field));
          expectError(reply, 'ValidationException');
        },
      }),
    ),
    ...['plaintext', 'additionalAuthenticatedData'].map(
      (field): Requirement => ({
        level: 'MUST',
        text: `${field} is standard, padded Base64 and nothing else`,
        check: async ({ client }) => {
          const malformed = [
            '_-8=',
            'YQ',
            'YQ=',
            'Y Q==',
            'YQ==\n',
            'YR==',
            '====',
            '!',
            7,
            null,
            [],
          ];
          for (const value of malformed) {
            const reply = await client.call(`${KEY}/encrypt`, encryptBody({ [field]: value }));
            expectError(reply, 'ValidationException');
          }
        },
      }),
    ),
  ],
};
