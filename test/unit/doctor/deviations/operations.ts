import { ModelError, type Behaviour } from '../../../support/model-proxy/behaviour.js';
import { CORRECT, MODEL_KEYS } from '../../../support/model-proxy/correct.js';
import {
  type Answer,
  decrypt,
  encrypt,
  SEALING,
  type Sealing,
  sha256,
} from '../../../support/model-proxy/cryptography.js';
import { bytesOf, type Fields, isBase64 } from '../../../support/model-proxy/validation.js';
import { type Deviation, deviation } from './deviation.js';

/** A cipher with another choice, for both directions. */
const sealing = (
  title: string,
  found: string | readonly string[],
  choice: Partial<Sealing>,
): Deviation => {
  const all = { ...SEALING, ...choice };
  return deviation(title, found, {
    encrypt: (key, fields) => encrypt(key, fields, all),
    decrypt: (key, fields) => decrypt(key, fields, all),
  });
};

/** An answer of Encrypt that is changed, and changed back for Decrypt. */
const answered = (
  title: string,
  found: string,
  change: (answer: Answer) => Answer,
  back: (fields: Fields) => Fields = (fields) => fields,
): Deviation =>
  deviation(title, found, {
    encrypt: (key, fields) => change(encrypt(key, fields)),
    decrypt: (key, fields) => decrypt(key, back(fields)),
  });

const limited = (field: string, bytes: number): Partial<Behaviour> => ({
  faultsOf: (operation, fields) =>
    bytesOf(fields, field).length > bytes ? [field] : CORRECT.faultsOf(operation, fields),
});

const TAG_BYTES = 16;

/** Moves the tag behind the ciphertext, as many libraries have it. */
const joined = (answer: Answer): Answer => ({
  ...answer,
  ciphertext: Buffer.concat([
    bytesOf(answer, 'ciphertext'),
    bytesOf(answer, 'authenticationTag'),
  ]).toString('base64'),
});
const parted = (fields: Fields): Fields => ({
  ...fields,
  ciphertext: bytesOf(fields, 'ciphertext').subarray(0, -TAG_BYTES).toString('base64'),
});

const invalidAs = (title: string, found: readonly string[], error: ModelError): Deviation =>
  deviation(title, found, {
    decrypt: (key, fields) => {
      try {
        return decrypt(key, fields);
      } catch (cause) {
        if (cause instanceof ModelError && cause.errorName.startsWith('InvalidCiphertext')) {
          throw error;
        }
        throw cause;
      }
    },
  });

/** Names of the checks that expect InvalidCiphertextException alone. */
const INVALID = [
  'decrypt.changed-ciphertext',
  'decrypt.changed-tag',
  'decrypt.changed-iv',
  'decrypt.changed-aad',
  'decrypt.changed-aad-absent',
  'decrypt.other-key',
  'errors.foreign-ciphertext',
];

const withAllUsages = (id: string): Partial<Behaviour> => ({
  keyOf: (name) => {
    const key = MODEL_KEYS.get(name);
    return key !== undefined && name === id
      ? { ...key, usages: ['ENCRYPT', 'DECRYPT'], isEnabled: true }
      : key;
  },
});

const constantIv = Buffer.alloc(12, 7);

/** Deviations in Encrypt and Decrypt. */
export const operationDeviations: readonly Deviation[] = [
  answered('a tag behind the ciphertext', 'encrypt.ciphertext', joined, parted),
  answered('a tag of 12 bytes', 'encrypt.tag', (answer) => ({
    ...answer,
    authenticationTag: bytesOf(answer, 'authenticationTag').subarray(0, 12).toString('base64'),
  })),
  sealing('an IV of 20 bytes', 'encrypt.iv', { ivBytes: 20 }),
  sealing('metadata of 21 bytes', 'encrypt.metadata', { metadata: Buffer.alloc(21, 1) }),
  sealing('one IV for all', 'encrypt.new-iv', { newIv: () => constantIv }),
  sealing('no integrity value', 'encrypt.integrity-value', { integrityValue: () => undefined }),
  sealing('an integrity value in hexadecimal', 'encrypt.integrity-value', {
    integrityValue: () => 'ab'.repeat(32),
  }),
  sealing('an integrity value without the AAD', 'encrypt.integrity-value-with-aad', {
    integrityValue: ({ metadata, iv, ciphertext, tag }) => sha256([metadata, iv, ciphertext, tag]),
  }),
  sealing('an integrity value with lengths', 'encrypt.integrity-value-without-aad', {
    integrityValue: ({ aad, metadata, iv, ciphertext, tag }) =>
      sha256([Buffer.of(aad.length), aad, metadata, iv, ciphertext, tag]),
  }),
  deviation(
    'plaintexts up to 4,096 bytes, as KMS has it for its own keys',
    ['sizes.4300-0', 'sizes.4300-8192'],
    limited('plaintext', 4_096),
  ),
  deviation(
    'ciphertexts up to 4,096 bytes',
    ['sizes.4300-0', 'sizes.4300-8192'],
    limited('ciphertext', 4_096),
  ),
  deviation(
    'AAD up to 4,096 bytes',
    ['sizes.32-8192', 'sizes.4300-8192'],
    limited('additionalAuthenticatedData', 4_096),
  ),
  deviation('bodies up to 14 KiB', 'sizes.4300-8192', { maxBodyBytes: 14_336 }),
  ignoring('any algorithm', 'encryptionAlgorithm', [
    'encrypt.encryptionAlgorithm-AES_CBC',
    'encrypt.encryptionAlgorithm-aes_gcm',
    'encrypt.required-encryptionAlgorithm',
    'decrypt.required-encryptionAlgorithm',
  ]),
  ignoring('any algorithm of the integrity value', 'ciphertextDataIntegrityValueAlgorithm', [
    'encrypt.ciphertextDataIntegrityValueAlgorithm-SHA_512',
    'encrypt.ciphertextDataIntegrityValueAlgorithm-empty',
  ]),
  deviation('algorithms in small letters', 'encrypt.encryptionAlgorithm-aes_gcm', {
    faultsOf: (operation, fields) =>
      CORRECT.faultsOf(operation, {
        ...fields,
        encryptionAlgorithm: upperCase(fields['encryptionAlgorithm']),
      }),
  }),
  deviation('no plaintext is an empty one', 'encrypt.required-plaintext', {
    faultsOf: (operation, fields) => CORRECT.faultsOf(operation, { plaintext: '', ...fields }),
  }),
  deviation(
    'another vendor: 500 for bad Base64',
    ['encrypt.base64-plaintext', 'encrypt.strict-base64-plaintext'],
    {
      faultsOf: (operation, fields) => {
        const { plaintext } = fields;
        const isBad = typeof plaintext === 'string' && !isBase64(plaintext);
        return isBad ? ['Base64'] : CORRECT.faultsOf(operation, fields);
      },
      faultError: (_operation, [fault]) =>
        fault === 'Base64'
          ? new ModelError('InternalException', 500)
          : new ModelError('ValidationException', 400),
    },
  ),
  deviation('Base64 of any kind', 'encrypt.strict-base64-plaintext', {
    faultsOf: (operation, fields) => {
      const { plaintext } = fields;
      const isLenient = typeof plaintext === 'string' && /^[\w\-+/ \n]+={0,2}\s*$/.test(plaintext);
      return isLenient
        ? CORRECT.faultsOf(operation, { ...fields, plaintext: '' })
        : CORRECT.faultsOf(operation, fields);
    },
  }),

  deviation('an answer with a byte more', 'decrypt.served', {
    decrypt: (key, fields) => ({
      plaintext: Buffer.concat([bytesOf(decrypt(key, fields), 'plaintext'), Buffer.of(0)]).toString(
        'base64',
      ),
    }),
  }),
  sealing('tags as short as GCM takes them', 'decrypt.short-tag', {
    tagLengths: [16, 15, 14, 13, 12, 8, 4],
  }),
  sealing(
    'metadata that nothing depends on',
    [
      'decrypt.changed-metadata',
      'decrypt.changed-metadata-absent',
      'decrypt.changed-metadata-empty',
    ],
    { cipherAad: (aad) => aad },
  ),
  sealing('metadata behind the AAD, without lengths', 'decrypt.changed-metadata-moved', {
    cipherAad: (aad, metadata) => Buffer.concat([aad, metadata]),
  }),
  sealing('AAD that nothing depends on', ['decrypt.changed-aad', 'decrypt.changed-aad-absent'], {
    cipherAad: (_aad, metadata) => metadata,
  }),
  invalidAs(
    'an outage for a bad ciphertext',
    [...INVALID, ...refused()],
    new ModelError('InternalException', 500),
  ),
  invalidAs(
    'ValidationException for a bad ciphertext',
    INVALID,
    new ModelError('ValidationException', 400),
  ),
  deviation('one key behind all ids', 'decrypt.other-key', {
    keyOf: (id) => {
      const key = MODEL_KEYS.get(id);
      const material = MODEL_KEYS.get('Model-key')?.material;
      return key === undefined || material === undefined ? undefined : { ...key, material };
    },
  }),
  deviation(
    'an encrypt-only key that does everything',
    ['errors.encrypt-only.decrypt', 'errors.encrypt-only.integrity-value'],
    withAllUsages('encrypt-only'),
  ),
  deviation(
    'a decrypt-only key that encrypts',
    'errors.decrypt-only.encrypt',
    withAllUsages('decrypt-only'),
  ),
  deviation(
    'a disabled key that works',
    ['errors.disabled.encrypt', 'errors.disabled.decrypt'],
    withAllUsages('disabled'),
  ),
];

/** Checks that take either of two errors, neither of which is an outage. */
function refused(): string[] {
  return [
    'decrypt.changed-iv-length',
    'decrypt.changed-metadata',
    'decrypt.changed-metadata-absent',
    'decrypt.changed-metadata-empty',
    'decrypt.changed-metadata-moved',
    'decrypt.short-tag',
    'decrypt.iv-lengths',
    'decrypt.long-metadata',
    'decrypt.repeated',
  ];
}

function ignoring(title: string, field: string, found: readonly string[]): Deviation {
  return deviation(title, found, {
    faultsOf: (operation, fields) =>
      CORRECT.faultsOf(operation, fields).filter((name) => name !== field),
  });
}

function upperCase(value: unknown): unknown {
  return typeof value === 'string' ? value.toUpperCase() : value;
}
