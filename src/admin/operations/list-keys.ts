import type { AnswerOf, RequestOf } from '../contract/route.js';
import type { Routes } from '../contract/routes.js';
import type { InForce } from '../in-force.js';
import { findKeys } from './find-keys.js';

/**
 * Lists external keys.
 *
 * @throws AdminError for an unknown name in the filter, or when a key manager fails
 */
export async function listKeys(
  inForce: InForce,
  { query }: RequestOf<Routes['listKeys']>,
): Promise<AnswerOf<Routes['listKeys']>> {
  return { keys: await findKeys(inForce, query) };
}
