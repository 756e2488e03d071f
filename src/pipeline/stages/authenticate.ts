import type { RequestRecord } from '../../observability/request-record.js';
import type { IncomingCall } from '../call.js';
import type { AuthenticatedBody, ServedKeyStore } from '../context.js';

/**
 * Checks the signature with the credentials of this key store and no other. The body is not
 * looked at before: what it says is believed, and parsed, from here on.
 *
 * @throws SignatureError
 * @see XKS Proxy API, section Authentication
 */
export function authenticate(
  { verifier }: ServedKeyStore,
  call: IncomingCall,
  body: Buffer,
  record: RequestRecord,
): AuthenticatedBody {
  const { method, target: path, rawHeaders } = call;
  const accessKeyId = verifier.verify({ method, path, rawHeaders, body });
  record.accessKeyId = accessKeyId;
  call.markAuthenticated();
  return { accessKeyId, bytes: body };
}
