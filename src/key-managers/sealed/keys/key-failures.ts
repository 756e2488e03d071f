import { KeyManagerError } from '../../backend.js';

/** Tells that a key is being destroyed, or has been. */
export function leaving(externalKeyId: string): KeyManagerError {
  return new KeyManagerError('key-not-found', `${externalKeyId} is destroyed`);
}

/** Tells that a key encrypts no more, and gets no new version unless somebody asks for it. */
export function exhaustion(externalKeyId: string): KeyManagerError {
  return new KeyManagerError(
    'exhausted',
    `the material of ${externalKeyId} has made all the encryptions that it may, or nobody knows ` +
      'how many, and it gets no other by itself',
  );
}
