import { randomUUID } from 'node:crypto';

/** A request or answer body as an object. */
export type Body = Readonly<Record<string, unknown>>;

/** `requestMetadata` of a call about a key. */
export function requestMetadata(overrides: Body = {}): Body {
  return {
    awsPrincipalArn: 'arn:aws:iam::123456789012:user/Alice',
    kmsKeyArn: 'arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    kmsOperation: 'Encrypt',
    kmsRequestId: randomUUID(),
    kmsViaService: 's3.eu-west-1.amazonaws.com',
    ...overrides,
  };
}

/** Body of GetHealthStatus. */
export function healthBody(overrides: Body = {}): Body {
  return {
    requestMetadata: { kmsRequestId: randomUUID(), kmsOperation: 'KmsHealthCheck' },
    ...overrides,
  };
}

/** Body of GetKeyMetadata. */
export function metadataBody(overrides: Body = {}): Body {
  return { requestMetadata: requestMetadata({ kmsOperation: 'CreateKey' }), ...overrides };
}

/** Body of Encrypt, without AAD. */
export function encryptBody(plaintext: Buffer, overrides: Body = {}): Body {
  return {
    requestMetadata: requestMetadata(),
    plaintext: plaintext.toString('base64'),
    encryptionAlgorithm: 'AES_GCM',
    ...overrides,
  };
}

/** Answer of Encrypt; every field is base64. */
export interface EncryptAnswer {
  readonly ciphertext: string;
  readonly ciphertextMetadata?: string;
  readonly initializationVector: string;
  readonly authenticationTag: string;
  readonly ciphertextDataIntegrityValue?: string;
}

/** Body of Decrypt for the answer of Encrypt; the AAD is the caller's to repeat. */
export function decryptBody(sealed: EncryptAnswer | Body, overrides: Body = {}): Body {
  return {
    requestMetadata: requestMetadata({ kmsOperation: 'Decrypt' }),
    ...without({ ...sealed }, 'ciphertextDataIntegrityValue'),
    encryptionAlgorithm: 'AES_GCM',
    ...overrides,
  };
}

/** The body without one of its fields. */
export function without(body: Body, field: string): Body {
  return Object.fromEntries(Object.entries(body).filter(([name]) => name !== field));
}
