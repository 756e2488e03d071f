import type { Authenticated, Read } from '../context.js';

/**
 * Checks the signature with the credentials of this key store and no other.
 *
 * @throws SignatureError
 * @see XKS Proxy API, section Authentication
 */
export function authenticate(read: Read): Authenticated {
  const { call, keyStore, body, record } = read;
  const { method, target: path, rawHeaders } = call;
  const accessKeyId = keyStore.verifier.verify({ method, path, rawHeaders, body });
  record.accessKeyId = accessKeyId;
  call.markAuthenticated();
  return { ...read, accessKeyId };
}
