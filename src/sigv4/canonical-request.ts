import { hash } from 'node:crypto';
import { SignatureError } from './failure.js';
import type { ReceivedHeaders } from './headers.js';

/** A request as far as its signature covers it. */
export interface SignedRequest {
  readonly method: string;
  /** The path as received: KMS and AWS's clients sign it unchanged. It never has a query. */
  readonly path: string;
  /** Names and values in turn, as received. */
  readonly rawHeaders: readonly string[];
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
export function hashCanonicalRequest(
  { method, path, body }: Omit<SignedRequest, 'rawHeaders'>,
  headers: ReceivedHeaders,
  signedHeaders: readonly string[],
): string {
  let canonicalHeaders = '';
  for (const name of signedHeaders) {
    const value = headers.single(name);
    if (value === undefined) throw new SignatureError('missing-signed-header');
    canonicalHeaders += `${name}:${canonicalValue(value)}\n`;
  }
  const canonicalRequest =
    `${method}\n${path}\n\n${canonicalHeaders}\n` +
    `${signedHeaders.join(';')}\n${hash('sha256', body)}`;
  // Node decodes header bytes as latin1; the same way back gives the bytes that were signed.
  return hash('sha256', Buffer.from(canonicalRequest, 'latin1'));
}

/** White space is space and tab alone: 0xA0 is a byte of the value. @see RFC 9110, section 5.6.3 */
function canonicalValue(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && isSpaceOrTab(value, start)) start += 1;
  while (end > start && isSpaceOrTab(value, end - 1)) end -= 1;
  return value.slice(start, end).replace(/ {2,}/g, ' ');
}

function isSpaceOrTab(text: string, index: number): boolean {
  return text[index] === ' ' || text[index] === '\t';
}
