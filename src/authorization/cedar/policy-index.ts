import type { PrincipalFacts } from '../principal.js';
import { ACTIONS, type ActionName, type AuthorizationRequest } from '../request.js';
import type { CheckedLayer, CheckedPolicy } from './check-policies.js';
import { allReads, type EntityName, type Reads } from './reads.js';
import type { Place } from './scope.js';

/** Policies that share actions and a place of the index: they are evaluated together. */
export interface IndexedSet {
  /** Unlike that of every other set of the same key store. */
  readonly number: number;
  readonly policies: readonly CheckedPolicy[];
  readonly reads: Reads;
}

/** The request as the index looks at it. */
export interface IndexedRequest {
  readonly request: AuthorizationRequest;
  readonly principal: PrincipalFacts;
  readonly keyStore: string;
}

/** The sets of an action by place; those without a place are of every request. */
type SetsByPlace = ReadonlyMap<string, IndexedSet>;

const EVERYWHERE = '';

/** The policies of a layer by action and scope: of many, a request meets few. */
export class PolicyIndex {
  readonly sets: readonly IndexedSet[];
  readonly #byAction: Readonly<Record<ActionName, SetsByPlace>>;

  /** @param firstNumber of the sets */
  constructor({ policies }: CheckedLayer, firstNumber: number) {
    const sets = new Map<string, IndexedSet>();
    const byAction = (action: ActionName): SetsByPlace => {
      const groups = new Map<string, CheckedPolicy[]>();
      for (const policy of policies) {
        if (!policy.scope.actions.includes(action)) continue;
        const place = placeKey(policy.scope.place);
        groups.set(place, [...(groups.get(place) ?? []), policy]);
      }
      return new Map(
        [...groups].map(([place, group]) => {
          // The same policies for another action are the same set.
          const content = JSON.stringify(group.map(({ id }) => id));
          const number = firstNumber + sets.size;
          const reads = allReads(group.map((policy) => policy.reads));
          const set = sets.get(content) ?? { number, policies: group, reads };
          sets.set(content, set);
          return [place, set];
        }),
      );
    };
    const [encrypt, decrypt, metadata] = ACTIONS.map(byAction) as [
      SetsByPlace,
      SetsByPlace,
      SetsByPlace,
    ];
    this.#byAction = { Encrypt: encrypt, Decrypt: decrypt, GetKeyMetadata: metadata };
    this.sets = [...sets.values()];
  }

  /** Adds the sets whose scope a request may be within, in an order that is always the same. */
  collect({ request, principal, keyStore }: IndexedRequest, into: IndexedSet[]): void {
    const { askedId, externalKeyId, awsPrincipalArn } = request;
    const sets = this.#byAction[request.action];
    if (sets.size === 0) return;
    const add = (key: string): void => {
      const set = sets.get(key);
      if (set !== undefined) into.push(set);
    };
    add(EVERYWHERE);
    if (sets.size === 1 && sets.has(EVERYWHERE)) return;
    add(`==Principal::${awsPrincipalArn}`);
    add(`inPrincipal::${awsPrincipalArn}`);
    if (principal.arnWithoutPath !== undefined && principal.arnWithoutPath !== awsPrincipalArn) {
      add(`inPrincipal::${principal.arnWithoutPath}`);
    }
    if (principal.account !== undefined) add(`inAccount::${principal.account}`);
    add(`==Key::${externalKeyId}`);
    add(`inKey::${externalKeyId}`);
    add(`inKeyStore::${keyStore}`);
    if (askedId !== externalKeyId) add(`inAlias::${askedId}`);
  }
}

function placeKey(place: Place | undefined): string {
  if (place === undefined) return EVERYWHERE;
  const { type, id }: EntityName = place.entity;
  return `${place.relation}${type}::${id}`;
}
