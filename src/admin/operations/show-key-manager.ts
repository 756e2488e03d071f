import { Deadline } from '../../shared/deadline.js';
import { systemClock } from '../../shared/clock.js';
import type { AnswerOf, RequestOf } from '../contract/route.js';
import type { Routes } from '../contract/routes.js';
import { findKeyManager, type InForce } from '../in-force.js';

/** Time for a health check that is not there yet. */
const BUDGET_MS = 5_000;

/**
 * Tells how the nodes of a key manager are, by the server's own checks.
 *
 * @throws AdminError `not-found`
 */
export async function showKeyManager(
  inForce: InForce,
  { pathParameters: { keyManager: name } }: RequestOf<Routes['showKeyManager']>,
): Promise<AnswerOf<Routes['showKeyManager']>> {
  const keyManager = findKeyManager(inForce, name);
  const nodes = await keyManager.health(Deadline.after(systemClock, BUDGET_MS));
  return { name: keyManager.name, nodes: [...nodes] };
}
