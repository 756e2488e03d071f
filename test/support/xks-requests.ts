import { randomUUID } from 'node:crypto';
import aws4 from 'aws4';
import { canaries } from './canaries.js';

/** What signs requests to a key store. */
export interface Credential {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** What a signature covers; everything that is absent is as KMS sends it. */
export interface Signing {
  readonly credential: Credential;
  readonly path: string;
  readonly body: string | Buffer;
  /** Value of the Host header, with the port when that is not 443. */
  readonly host: string;
  readonly method?: string;
  /** Milliseconds since 1970; default now. */
  readonly at?: number;
  readonly region?: string;
  readonly service?: string;
}

/** Headers of a request signed by aws4, a signer that shares nothing with the verifier. */
export function signedHeaders(signing: Signing): Record<string, string> {
  const date = new Date(signing.at ?? Date.now()).toISOString().replace(/[-:]|\.\d{3}/g, '');
  const { headers } = aws4.sign(
    {
      host: signing.host,
      method: signing.method ?? 'POST',
      path: signing.path,
      body: signing.body,
      service: signing.service ?? 'kms-xks-proxy',
      region: signing.region ?? 'eu-west-1',
      headers: { 'Content-Type': 'application/json', 'X-Amz-Date': date },
    },
    { ...signing.credential },
  );
  return Object.fromEntries(
    Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)]),
  );
}

/** A request body before it becomes JSON. */
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

/** Body of Encrypt: a plaintext that no log may show, and no AAD. */
export function encryptBody(overrides: Body = {}): Body {
  return {
    requestMetadata: requestMetadata(),
    plaintext: canaries.plaintext.toString('base64'),
    encryptionAlgorithm: 'AES_GCM',
    ...overrides,
  };
}

/** Answer of Encrypt; every field is base64. */
export interface EncryptAnswer {
  readonly ciphertext: string;
  readonly ciphertextMetadata: string;
  readonly initializationVector: string;
  readonly authenticationTag: string;
  readonly ciphertextDataIntegrityValue?: string;
}

/** Body of Decrypt for what Encrypt answered; the AAD is the caller's to repeat. */
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
