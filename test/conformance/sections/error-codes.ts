import { decryptBody, encryptBody, metadataBody } from '../../support/xks-requests.js';
import type { Reply } from '../../support/xks-client.js';
import { base64Of, encrypt, type ErrorName, expectError } from '../expectations.js';
import type { Requirement, Section, Served } from '../requirement.js';

const withProof = { ciphertextDataIntegrityValueAlgorithm: 'SHA_256' };

/** Who provokes which error; what needs a broken key manager is in test/unit/pipeline. */
const provoked: readonly [ErrorName, string, (served: Served) => Promise<Reply>][] = [
  [
    'ValidationException',
    'a missing field',
    ({ client }) => client.call('keys/quickstart-key/encrypt', {}),
  ],
  [
    'InvalidCiphertextException',
    'a ciphertext of nobody',
    async ({ client }) => {
      const sealed = { ...(await encrypt(client)), ciphertext: base64Of(32) };
      return client.call('keys/quickstart-key/decrypt', decryptBody(sealed));
    },
  ],
  [
    'InvalidKeyUsageException',
    'Decrypt with an encrypt-only key',
    async ({ client }) => {
      const sealed = await encrypt(client, {}, 'encrypt-only');
      return client.call('keys/encrypt-only/decrypt', decryptBody(sealed));
    },
  ],
  [
    'InvalidKeyUsageException',
    'Encrypt with the integrity value by an encrypt-only key, which cannot prove it',
    ({ client }) => client.call('keys/encrypt-only/encrypt', encryptBody(withProof)),
  ],
  [
    'InvalidKeyUsageException',
    'Encrypt with a decrypt-only key',
    ({ client }) => client.call('keys/decrypt-only/encrypt', encryptBody()),
  ],
  [
    'InvalidKeyUsageException',
    'Encrypt with a key that is good for nothing',
    ({ client }) => client.call('keys/good-for-nothing/encrypt', encryptBody()),
  ],
  [
    'AuthenticationFailedException',
    'a wrong secret',
    ({ client }) => {
      const credential = { ...client.credential, secretAccessKey: 'x'.repeat(43) };
      return client.call('keys/quickstart-key/metadata', metadataBody(), { credential });
    },
  ],
  [
    'KeyNotFoundException',
    'a key that does not exist',
    ({ client }) => client.call('keys/nobody/encrypt', encryptBody()),
  ],
  [
    'InvalidUriPathException',
    'a prefix of nobody',
    ({ client }) => client.call('health', {}, { uriPath: '/nobody/kms/xks/v1' }),
  ],
  [
    'InvalidUriPathException',
    'an operation that does not exist',
    ({ client }) => client.call('keys/quickstart-key/sign', {}),
  ],
  [
    'InvalidUriPathException',
    'another version of the API',
    ({ client }) => client.call('health', {}, { uriPath: '/quickstart/kms/xks/v2' }),
  ],
  [
    'UnsupportedOperationException',
    'a body over our limit',
    ({ client }) => client.call('keys/quickstart-key/encrypt', 'x'.repeat(131_073)),
  ],
];

/** @see XKS Proxy API, section Error codes */
export const errorCodes: Section = {
  title: 'Error codes',
  requirements: provoked.map(
    ([errorName, cause, provoke]): Requirement => ({
      level: 'MUST',
      text: `${errorName}, with its status, for ${cause}`,
      check: async (served) => {
        expectError(await provoke(served), errorName);
      },
    }),
  ),
};
