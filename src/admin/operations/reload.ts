import type { AnswerOf, RequestOf } from '../contract/route.js';
import type { Routes } from '../contract/routes.js';
import type { InForce } from '../in-force.js';

/** Tells what a reload of the configuration would change, and does nothing. */
export function previewReload({ reloads }: InForce): Promise<AnswerOf<Routes['previewReload']>> {
  return reloads.preview();
}

/**
 * Puts in force what the configuration file says now.
 *
 * @throws AdminError `invalid-configuration`, after which the generation before serves on
 */
export function reload(
  { reloads }: InForce,
  { body: { init } }: RequestOf<Routes['reload']>,
): Promise<AnswerOf<Routes['reload']>> {
  return reloads.reload({ init: init === true });
}
