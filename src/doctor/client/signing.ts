import aws4 from 'aws4';
import type { Credential } from './endpoint.js';

/** The content of a signature; everything that is absent is as KMS sends it. */
export interface Signing {
  readonly credential: Credential;
  readonly path: string;
  readonly body: string | Buffer;
  /** Value of the Host header. */
  readonly host: string;
  readonly method?: string;
  /** Milliseconds since 1970; default now. */
  readonly at?: number;
  readonly region: string;
  readonly service?: string;
  /** Names, in small letters, of headers to leave out of the signature. */
  readonly unsigned?: readonly string[];
  /** Value of `X-Amz-Content-Sha256`, which is signed in place of the body's hash. */
  readonly claimedHash?: string;
}

/** KMS signs the host and the date, and sends these unsigned. */
const UNSIGNED_BY_KMS = ['content-type', 'content-length'];

/** Signs a request as KMS does (`SignedHeaders=host;x-amz-date`). @returns all of its headers */
export function signedHeaders(signing: Signing): Record<string, string> {
  const date = new Date(signing.at ?? Date.now()).toISOString().replace(/[-:]|\.\d{3}/g, '');
  const ignored = [...UNSIGNED_BY_KMS, ...(signing.unsigned ?? [])];
  const request = {
    method: signing.method ?? 'POST',
    path: signing.path,
    body: signing.body,
    service: signing.service ?? 'kms-xks-proxy',
    region: signing.region,
    headers: {
      Host: signing.host,
      'Content-Type': 'application/json',
      'Content-Length': String(Buffer.byteLength(signing.body)),
      'X-Amz-Date': date,
      ...(signing.claimedHash === undefined ? {} : { 'X-Amz-Content-Sha256': signing.claimedHash }),
    },
    extraHeadersToIgnore: Object.fromEntries(ignored.map((name) => [name, true])),
  };
  const { headers } = aws4.sign(request, { ...signing.credential });
  return Object.fromEntries(
    Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)]),
  );
}
