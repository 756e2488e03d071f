import { AdminError } from '../admin-error.js';
import { askState } from '../ask-state.js';
import type { AnswerOf, RequestOf } from '../contract/route.js';
import type { Routes } from '../contract/routes.js';
import { findKeyStore, type InForce } from '../in-force.js';

/** Lists the key stores whose policies are overruled now. */
export function listBreakGlass({ breakGlass }: InForce): AnswerOf<Routes['listBreakGlass']> {
  return { open: [...breakGlass.list()] };
}

/**
 * Overrules the policies of a key store for a while.
 *
 * @throws AdminError `not-found`; `conflict` for a key store without policies
 */
export async function openBreakGlass(
  inForce: InForce,
  { pathParameters, body }: RequestOf<Routes['openBreakGlass']>,
  by: string,
): Promise<AnswerOf<Routes['openBreakGlass']>> {
  const { name: keyStore, hasPolicies } = findKeyStore(inForce, pathParameters.keyStore);
  if (!hasPolicies) {
    throw new AdminError('conflict', `The key store ${keyStore} has no policies to overrule.`);
  }
  const { reason, seconds } = body;
  return askState(() => inForce.breakGlass.open({ keyStore, reason, by }, seconds * 1_000));
}

/**
 * Puts the policies of a key store in force again.
 *
 * @throws AdminError `not-found`
 */
export async function closeBreakGlass(
  inForce: InForce,
  { pathParameters }: RequestOf<Routes['closeBreakGlass']>,
  by: string,
): Promise<AnswerOf<Routes['closeBreakGlass']>> {
  const { name: keyStore } = findKeyStore(inForce, pathParameters.keyStore);
  return { keyStore, ...(await askState(() => inForce.breakGlass.close(keyStore, by))) };
}
