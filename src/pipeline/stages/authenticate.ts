import type { Read } from '../context.js';

/**
 * Checks the signature with the credentials of this key store and no other.
 *
 * @throws SignatureError
 * @see XKS Proxy API, section Authentication
 */
export function authenticate({ call, keyStore, body, record }: Read): void {
  const { method, target: path, rawHeaders } = call;
  record.accessKeyId = keyStore.verifier.verify({ method, path, rawHeaders, body });
  call.markAuthenticated();
}
