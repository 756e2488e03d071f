import aws4 from 'aws4';
import { type Body, requestMetadata } from '../../src/doctor/client/bodies.js';
import type { Credential } from '../../src/doctor/client/endpoint.js';
import { canaries } from './canaries.js';

export {
  type Body,
  decryptBody,
  healthBody,
  metadataBody,
  requestMetadata,
  without,
} from '../../src/doctor/client/bodies.js';
export type { Credential } from '../../src/doctor/client/endpoint.js';

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
