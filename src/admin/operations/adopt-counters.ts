import { AdminError, askKeyManager } from '../admin-error.js';
import type { AnswerOf, RequestOf } from '../contract/route.js';
import type { Routes } from '../contract/routes.js';
import { findKeyManager, type InForce } from '../in-force.js';

/**
 * Adds what this replica has counted by itself to the counters of the state store.
 *
 * @throws AdminError `not-found`; `unsupported` where replicas share no store, or nobody counts by
 *   replica; `conflict` for a `replicas` that differs from the other replicas'
 */
export async function adoptCounters(
  inForce: InForce,
  { pathParameters: { keyManager: name } }: RequestOf<Routes['adoptCounters']>,
): Promise<AnswerOf<Routes['adoptCounters']>> {
  const { administration } = findKeyManager(inForce, name);
  const adopted = await askKeyManager(name, async () => administration.adoptCounters?.());
  if (adopted !== undefined) return adopted;
  throw new AdminError(
    'unsupported',
    `Key manager "${name}" has no counters of this replica's own to add.`,
  );
}
