import type { PolicyJson } from '@cedar-policy/cedar-wasm/nodejs';
import type { Cedar } from './cedar.js';
import type { CheckedPolicy } from './check-policies.js';
import { CedarError, type CedarRequest } from './engine.js';

/**
 * Finds the policies whose scope a request is within, whatever their conditions say of it: Cedar
 * decides over them without these.
 *
 * @returns ids, in the order of the policies
 * @throws CedarError
 */
export function withinScope(
  cedar: Cedar,
  policies: readonly CheckedPolicy[],
  request: CedarRequest,
): readonly string[] {
  const staticPolicies = Object.fromEntries(
    policies.map(({ id, text }) => [id, withoutConditions(cedar, text)]),
  );
  const answer = cedar.isAuthorized({ ...request, policies: { staticPolicies } });
  if (answer.type === 'failure') throw new CedarError(answer.errors[0]?.message ?? 'no answer');
  const within = new Set(answer.response.diagnostics.reason);
  return policies.map(({ id }) => id).filter((id) => within.has(id));
}

/** Permits all that is within its scope, so that Cedar names it for that. */
function withoutConditions(cedar: Cedar, text: string): PolicyJson {
  const answer = cedar.policyToJson(text);
  if (answer.type === 'failure') throw new CedarError(answer.errors[0]?.message ?? 'unparsable');
  return { ...answer.json, effect: 'permit', conditions: [] };
}
