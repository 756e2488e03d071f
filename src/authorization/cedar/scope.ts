import type {
  ActionConstraint,
  PolicyJson,
  PrincipalConstraint,
  ResourceConstraint,
} from '@cedar-policy/cedar-wasm/nodejs';
import { ACTIONS, type ActionName } from '../request.js';
import { type EntityName, entitiesIn, RESOURCE_ID } from './reads.js';

/** The relation of a request's principal or resource to the entity of a scope. */
export type Relation = '==' | 'in';

/** The place of a policy in the index: the requests outside of it are none of its business. */
export interface Place {
  readonly of: 'principal' | 'resource';
  readonly relation: Relation;
  readonly entity: EntityName;
}

/** The scope of a policy, as far as it sorts requests. */
export interface Scope {
  readonly actions: readonly ActionName[];
  /** Absent where any request of the actions may be within the scope. */
  readonly place: Place | undefined;
  /** Bits of what the rest of the scope reads of a request in this place. */
  readonly facts: number;
}

/** Reads the scope of a policy. */
export function scopeOf({ principal, action, resource }: PolicyJson): Scope {
  const ofPrincipal = placeOf('principal', principal);
  const ofResource = placeOf('resource', resource);
  return {
    actions: actionsOf(action),
    place: ofPrincipal ?? ofResource,
    facts: ofPrincipal !== undefined && ofResource !== undefined ? RESOURCE_ID : 0,
  };
}

function placeOf(
  of: Place['of'],
  constraint: PrincipalConstraint | ResourceConstraint,
): Place | undefined {
  const [entity] = entitiesIn(constraint);
  if (entity === undefined) return undefined;
  return { of, relation: constraint.op === '==' ? '==' : 'in', entity };
}

function actionsOf(constraint: ActionConstraint): readonly ActionName[] {
  if (constraint.op === 'All') return ACTIONS;
  const named = new Set<string>(namesIn(constraint));
  return ACTIONS.filter((action) => named.has(action));
}

function namesIn(constraint: Exclude<ActionConstraint, { op: 'All' }>): readonly string[] {
  if (!('entities' in constraint)) return entitiesIn(constraint).map(({ id }) => id);
  return entitiesIn(constraint.entities.map((entity) => ({ entity }))).map(({ id }) => id);
}
