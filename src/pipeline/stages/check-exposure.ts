import { KeyManagerError } from '../../key-managers/backend.js';
import type { ServedKeyStore } from '../context.js';
import type { AuthorizationFacts, StageFinding } from '../facts.js';

const ALLOWED: AuthorizationFacts = { decision: 'allowed', by: 'exposes' };
/** The record's word on a request for a key that its key store does not expose. */
export const NOT_EXPOSED: AuthorizationFacts = { decision: 'denied', by: 'exposes' };

/** A key that a key store does not expose: for callers, there is none. */
export class NotExposedError extends KeyManagerError {
  /** @param message for the record, never the caller */
  constructor(message: string) {
    super('key-not-found', message);
  }
}

/** Decides whether callers may know of the key. One that is not exposed is as good as none. */
export function checkExposure(
  keyStore: ServedKeyStore,
  externalKeyId: string,
): StageFinding<AuthorizationFacts, unknown> {
  if (keyStore.exposes(externalKeyId)) return { facts: ALLOWED, refusal: undefined };
  const refusal = new NotExposedError('not exposed by this key store');
  return { facts: NOT_EXPOSED, refusal };
}
