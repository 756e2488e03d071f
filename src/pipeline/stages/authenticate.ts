import { SignatureError } from '../../sigv4/failure.js';
import type { IncomingCall } from '../call.js';
import type { ServedKeyStore } from '../context.js';
import type { CredentialFacts, StageFinding } from '../facts.js';

/**
 * Checks the signature with the credentials of this key store and no other. The body is not
 * looked at before: what it says is believed, and parsed, from here on.
 *
 * @see XKS Proxy API, section Authentication
 */
export function authenticate(
  { verifier }: ServedKeyStore,
  call: IncomingCall,
  body: Buffer,
): StageFinding<CredentialFacts, unknown> {
  const { method, target: path, rawHeaders } = call;
  try {
    const accessKeyId = verifier.verify({ method, path, rawHeaders, body });
    call.markAuthenticated();
    return { facts: { accessKeyId, authenticationFailure: undefined }, refusal: undefined };
  } catch (error) {
    if (!(error instanceof SignatureError)) throw error;
    const { accessKeyId, failure } = error;
    return { facts: { accessKeyId, authenticationFailure: failure }, refusal: error };
  }
}
