import { createHash } from 'node:crypto';
import { SignatureError } from './failure.js';
import type { ReceivedHeaders } from './headers.js';

/** The parts of a request that a signature covers, as received. */
export interface SignedParts {
  readonly method: string;
  /** The path as received: KMS and AWS's clients sign it unchanged. It never has a query. */
  readonly path: string;
  readonly headers: ReceivedHeaders;
  readonly signedHeaders: readonly string[];
  readonly body: Buffer;
}

/**
 * Hashes the canonical request. The payload hash is always that of the bytes received; what
 * `x-amz-content-sha256` claims is never read.
 *
 * @returns 64 lower-case hexadecimal digits (SHA-256)
 * @throws SignatureError `missing-signed-header` or `repeated-header`
 * @see XKS Proxy API, Appendix A, Task 1
 */
export function hashCanonicalRequest(parts: SignedParts): string {
  let canonicalHeaders = '';
  for (const name of parts.signedHeaders) {
    const value = parts.headers.single(name);
    if (value === undefined) throw new SignatureError('missing-signed-header');
    canonicalHeaders += `${name}:${canonicalValue(value)}\n`;
  }
  const payloadHash = createHash('sha256').update(parts.body).digest('hex');
  const canonicalRequest =
    `${parts.method}\n${parts.path}\n\n${canonicalHeaders}\n` +
    `${parts.signedHeaders.join(';')}\n${payloadHash}`;
  // Node decodes header bytes as latin1; the same way back gives the bytes that were signed.
  return createHash('sha256').update(canonicalRequest, 'latin1').digest('hex');
}

function canonicalValue(value: string): string {
  return value.trim().replace(/ {2,}/g, ' ');
}
