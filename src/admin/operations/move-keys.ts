import { AdminError, askKeyManager } from '../admin-error.js';
import type { AnswerOf, RequestOf } from '../contract/route.js';
import type { Routes } from '../contract/routes.js';
import { findKeyManager, type InForce } from '../in-force.js';

/**
 * Moves the keys of a key manager to another place while they serve.
 *
 * @throws AdminError `not-found`; `unsupported` where keys cannot move; `conflict` for the place
 *   where they are, one that is taken, and a folder while other replicas live
 */
export async function moveKeys(
  inForce: InForce,
  { pathParameters: { keyManager: name }, body: target }: RequestOf<Routes['moveKeys']>,
): Promise<AnswerOf<Routes['moveKeys']>> {
  const { administration } = findKeyManager(inForce, name);
  const moved = await askKeyManager(name, async () => administration.moveKeys?.(target));
  if (moved !== undefined) return moved;
  throw new AdminError(
    'unsupported',
    `The keys of key manager "${name}" are not sealed under a master key of Holdfast, so they ` +
      'cannot move.',
  );
}
