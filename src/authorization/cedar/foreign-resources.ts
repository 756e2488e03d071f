import type { PolicyJson } from '@cedar-policy/cedar-wasm/nodejs';
import { entitiesIn } from './reads.js';

const RESOURCE_TYPES = new Set(['Key', 'Alias', 'KeyStore']);

/**
 * Finds the resources that a policy of one key names and that are not this key: such a policy
 * means to say something of others, which it cannot.
 *
 * @param externalKeyId of the key, or an alias
 * @returns each as a message that completes "found: …"
 */
export function foreignResources(policy: PolicyJson, externalKeyId: string): readonly string[] {
  return [...entitiesIn(policy.resource), ...entitiesIn(policy.conditions)]
    .filter(
      ({ type, id }) => RESOURCE_TYPES.has(type) && (type === 'KeyStore' || id !== externalKeyId),
    )
    .map(({ type, id }) => `the resource ${type}::${JSON.stringify(id)}`);
}
