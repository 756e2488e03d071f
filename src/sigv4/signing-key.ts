import { createHmac } from 'node:crypto';
import type { Secret } from '../shared/secret.js';

/** The scope that a signing key is derived for. */
export interface SigningScope {
  /** `YYYYMMDD`. */
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

/**
 * Derives the key that signs all requests of one scope.
 *
 * @returns 32 bytes
 * @see XKS Proxy API, Appendix A, Task 3
 */
export function deriveSigningKey(secretAccessKey: Secret, scope: SigningScope): Buffer {
  const dateKey = hmac(`AWS4${secretAccessKey.reveal()}`, scope.date);
  const regionKey = hmac(dateKey, scope.region);
  const serviceKey = hmac(regionKey, scope.service);
  return hmac(serviceKey, 'aws4_request');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
