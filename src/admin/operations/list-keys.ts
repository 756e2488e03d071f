import type { AnswerOf, RequestOf } from '../contract/route.js';
import type { Routes } from '../contract/routes.js';
import type { InForce } from '../in-force.js';
import { findKeys } from './find-keys.js';

/**
 * Lists external keys; a destroyed one is none any more, though its id stays taken.
 *
 * @throws AdminError for an unknown name in the filter, or when a key manager fails
 */
export async function listKeys(
  inForce: InForce,
  { query }: RequestOf<Routes['listKeys']>,
): Promise<AnswerOf<Routes['listKeys']>> {
  const { keys, gaps } = await findKeys(inForce, query);
  return { keys: keys.filter(({ state }) => state !== 'Destroyed'), gaps };
}
