import { askState } from '../ask-state.js';
import type { AnswerOf } from '../contract/route.js';
import type { Routes } from '../contract/routes.js';
import type { InForce } from '../in-force.js';

/**
 * Brings back to a state store that has lost changes what this replica knows better.
 *
 * @throws AdminError `conflict` where it has lost nothing that this replica knows
 */
export async function recoverState({ state }: InForce): Promise<AnswerOf<Routes['recoverState']>> {
  const broughtBack = await askState(() => state.recover());
  return { broughtBack: broughtBack.map(({ collection, id }) => ({ collection, id })) };
}
