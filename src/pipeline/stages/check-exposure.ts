import { KeyManagerError } from '../../key-managers/backend.js';
import type { ServedKeyStore } from '../context.js';
import type { AuthorizationFacts, StageFinding } from '../facts.js';

const ALLOWED: AuthorizationFacts = { decision: 'allowed', by: 'exposes' };
const DENIED: AuthorizationFacts = { decision: 'denied', by: 'exposes' };

/** Decides whether callers may know of the key. One that is not exposed is as good as none. */
export function checkExposure(
  keyStore: ServedKeyStore,
  externalKeyId: string,
): StageFinding<AuthorizationFacts, unknown> {
  if (keyStore.exposes(externalKeyId)) return { facts: ALLOWED, refusal: undefined };
  const refusal = new KeyManagerError('key-not-found', 'not exposed by this key store');
  return { facts: DENIED, refusal };
}
