/** Fields of a body. */
export type Fields = Readonly<Record<string, unknown>>;

/** The last part of a path of the API. */
export type Operation = 'health' | 'metadata' | 'encrypt' | 'decrypt';

type Rule = (value: unknown) => boolean;

const isText: Rule = (value) => typeof value === 'string';

/** Standard, padded Base64. */
export const isBase64: Rule = (value) =>
  typeof value === 'string' && Buffer.from(value, 'base64').toString('base64') === value;

const optional =
  (rule: Rule): Rule =>
  (value) =>
    value === undefined || rule(value);
const oneOf =
  (text: string): Rule =>
  (value) =>
    value === text;

const ofKey = { kmsRequestId: isText, kmsOperation: isText, awsPrincipalArn: isText };
const ofCryptography = { ...ofKey, kmsKeyArn: isText };

const METADATA_RULES: Readonly<Record<Operation, Readonly<Record<string, Rule>>>> = {
  health: { kmsRequestId: isText, kmsOperation: isText },
  metadata: ofKey,
  encrypt: ofCryptography,
  decrypt: ofCryptography,
};

const RULES: Readonly<Record<Operation, Readonly<Record<string, Rule>>>> = {
  health: {},
  metadata: {},
  encrypt: {
    plaintext: isBase64,
    additionalAuthenticatedData: optional(isBase64),
    encryptionAlgorithm: oneOf('AES_GCM'),
    ciphertextDataIntegrityValueAlgorithm: optional(oneOf('SHA_256')),
  },
  decrypt: {
    ciphertext: isBase64,
    ciphertextMetadata: optional(isBase64),
    additionalAuthenticatedData: optional(isBase64),
    initializationVector: isBase64,
    authenticationTag: isBase64,
    encryptionAlgorithm: oneOf('AES_GCM'),
  },
};

/** Names the fields of a body that are wrong. */
export function faultsOf(operation: Operation, fields: Fields): readonly string[] {
  const metadata = asFields(fields['requestMetadata']);
  if (metadata === undefined) return ['requestMetadata'];
  return [...broken(METADATA_RULES[operation], metadata), ...broken(RULES[operation], fields)];
}

function broken(rules: Readonly<Record<string, Rule>>, fields: Fields): string[] {
  return Object.entries(rules)
    .filter(([name, rule]) => !rule(fields[name]))
    .map(([name]) => name);
}

/** A value as fields, if it has any. */
export function asFields(value: unknown): Fields | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as Fields) : undefined;
}

/** Bytes of a field in Base64; an absent one has none. */
export function bytesOf(fields: Fields, name: string): Buffer {
  const value = fields[name];
  return Buffer.from(typeof value === 'string' ? value : '', 'base64');
}
