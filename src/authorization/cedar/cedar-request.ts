import type { CedarValueJson, EntityJson, TypeAndId } from '@cedar-policy/cedar-wasm/nodejs';
import { isFactOf } from '../cedar-schema.js';
import { FACTS, type Fact, type FactOwner, type KnownRequest } from '../facts.js';
import { minuteText } from '../local-time.js';
import type { CedarRequest } from './engine.js';
import type { Reads } from './reads.js';

/** Reads of everything that there is. */
export const EVERYTHING: Reads = { facts: -1, tags: 'all' };

/**
 * Writes a request as Cedar takes it, with the facts that the policies in question read and no
 * others: what a remembered decision does not depend on, none has seen.
 */
export function cedarRequest(known: KnownRequest, reads: Reads): CedarRequest {
  const { request, principal, keyStore } = known;
  const { askedId, externalKeyId, action } = request;
  const uid: TypeAndId = { type: 'Principal', id: request.awsPrincipalArn };
  const resource: TypeAndId = { type: 'Key', id: externalKeyId };
  const ofPrincipal: TypeAndId[] = [];
  if (principal.arnWithoutPath !== undefined && principal.arnWithoutPath !== uid.id) {
    ofPrincipal.push({ type: 'Principal', id: principal.arnWithoutPath });
  }
  if (principal.account !== undefined) {
    ofPrincipal.push({ type: 'Account', id: principal.account });
  }
  const ofResource: TypeAndId[] = [{ type: 'KeyStore', id: keyStore }];
  if (askedId !== externalKeyId) ofResource.push({ type: 'Alias', id: askedId });
  const entities: EntityJson[] = [
    { uid, attrs: attributes('principal', known, reads), parents: ofPrincipal },
    {
      uid: resource,
      attrs: attributes('resource', known, reads),
      parents: ofResource,
      tags: tagsOf(request.tags, reads),
    },
  ];
  return {
    principal: uid,
    action: { type: 'Action', id: action },
    resource,
    context: attributes('context', known, reads),
    entities,
  };
}

function attributes(
  owner: FactOwner,
  known: KnownRequest,
  { facts }: Reads,
): Record<string, CedarValueJson> {
  const values: Record<string, CedarValueJson> = {};
  FACTS.forEach((fact, index) => {
    if (fact.owner !== owner || (facts & (1 << index)) === 0) return;
    const value = valueOf(fact, known);
    if (value !== undefined) values[fact.name] = cedarValue(fact, value);
  });
  return values;
}

/** Returns the value of a fact; undefined for one that requests of the action never carry. */
export function valueOf(fact: Fact, known: KnownRequest): string | number | undefined {
  return isFactOf(known.request.action, fact) ? fact.valueOf(known) : undefined;
}

function cedarValue({ type }: Fact, value: string | number): CedarValueJson {
  if (type === 'ipaddr') return { __extn: { fn: 'ip', arg: value } };
  if (type === 'datetime') return { __extn: { fn: 'datetime', arg: minuteText(Number(value)) } };
  return value;
}

function tagsOf(
  tags: ReadonlyMap<string, string>,
  { tags: read }: Reads,
): Record<string, CedarValueJson> {
  if (read === 'all') return Object.fromEntries(tags);
  const known: [string, string][] = read.flatMap((key) => {
    const value = tags.get(key);
    return value === undefined ? [] : [[key, value]];
  });
  return Object.fromEntries(known);
}
