import { cedarRequest, EVERYTHING, valueOf } from './cedar/cedar-request.js';
import type { Cedar } from './cedar/cedar.js';
import type { CheckedPolicies } from './cedar/check-policies.js';
import { DecisionCache } from './cedar/decision-cache.js';
import { CedarError } from './cedar/engine.js';
import { type IndexedSet, PolicyIndex } from './cedar/policy-index.js';
import { allReads, PRINCIPAL_ID, type Reads, RESOURCE_ID } from './cedar/reads.js';
import type { PolicySlot } from './cedar/slots.js';
import { withinScope } from './cedar/within-scope.js';
import { compose, type Decision, type LayerOutcome } from './decision.js';
import { FACTS, type KnownRequest } from './facts.js';
import { LocalClock } from './local-time.js';
import type { PolicyCounts } from './policy-counts.js';
import { principalOf } from './principal.js';
import { type AuthorizationRequest, sampleRequest } from './request.js';

/** Some 5 MB of decisions for a key store. */
const MAX_DECISIONS = 10_000;

/** A key store's policies, as far as they are known without having been parsed. */
export interface AuthorizerConfig {
  readonly keyStore: string;
  readonly timeZone: string;
  /** Hash of the set. */
  readonly policySet: string;
  readonly checked: Pick<CheckedPolicies, 'layers'>;
}

/** The counts that an authorizer adds to. */
type Counts = Pick<PolicyCounts, 'remembered' | 'evaluated' | 'errors'>;

/** The parts of an authorizer. */
export interface AuthorizerPorts {
  readonly slot: PolicySlot;
  readonly counts: Counts;
  /** Waited for after each set that is parsed, so that requests are served meanwhile. */
  readonly breathe: () => Promise<unknown>;
}

/** A layer that can be evaluated. */
interface Layer {
  readonly number: number;
  readonly index: PolicyIndex;
}

/**
 * Decides by the policies of one key store. Decisions are remembered by every fact that the
 * policies in question read, so that a policy is evaluated when one of these is new.
 */
export class Authorizer {
  readonly keyStore: string;
  readonly policySet: string;
  readonly #slot: PolicySlot;
  readonly #clock: LocalClock;
  readonly #cache = new DecisionCache(MAX_DECISIONS);
  readonly #ofKeyStore: Layer;
  /** By ids in lower case: no two keys have ids that differ in case alone. */
  readonly #ofKeys: ReadonlyMap<string, Layer>;
  /** Names in the engine, by the number of the set. */
  readonly #names: string[] = [];
  readonly #counts: Counts;

  private constructor(config: AuthorizerConfig, { slot, counts }: AuthorizerPorts) {
    this.keyStore = config.keyStore;
    this.policySet = config.policySet;
    this.#slot = slot;
    this.#counts = counts;
    this.#clock = new LocalClock(config.timeZone);
    let sets = 0;
    const layers = config.checked.layers.map((checked, number) => {
      const index = new PolicyIndex(checked, sets);
      sets += index.sets.length;
      return { externalKeyId: checked.externalKeyId, number, index };
    });
    const ofKeyStore = layers.find(({ externalKeyId }) => externalKeyId === undefined);
    this.#ofKeyStore = ofKeyStore ?? {
      number: 0,
      index: new PolicyIndex({ externalKeyId: undefined, policies: [] }, 0),
    };
    this.#ofKeys = new Map(
      layers.flatMap((layer) =>
        layer.externalKeyId === undefined ? [] : [[layer.externalKeyId.toLowerCase(), layer]],
      ),
    );
  }

  /**
   * Parses the policies into a slot, a set at a time.
   *
   * @throws CedarError
   */
  static async open(config: AuthorizerConfig, ports: AuthorizerPorts): Promise<Authorizer> {
    const authorizer = new Authorizer(config, ports);
    for (const { number, policies } of authorizer.#sets()) {
      const texts = Object.fromEntries(policies.map(({ id, text }) => [id, text]));
      authorizer.#names[number] = ports.slot.put(texts);
      authorizer.#try(number);
      await ports.breathe();
    }
    return authorizer;
  }

  /**
   * Evaluates a set before any request needs it: the first evaluation takes a hundred times as long
   * as the next, because code is compiled when it is called.
   */
  #try(number: number): void {
    const known = this.known(sampleRequest(this.keyStore));
    this.#slot.engine.evaluate(this.#names[number] ?? '', cedarRequest(known, EVERYTHING));
  }

  /** Decides over a request. Never throws: what cannot be decided is denied. */
  decide(request: AuthorizationRequest): Decision {
    const known = this.known(request);
    const layers = this.#layersFor(request);
    const sets = layers.map(({ index }) => {
      const ofLayer: IndexedSet[] = [];
      index.collect(known, ofLayer);
      return ofLayer;
    });
    const key = keyOf(known, layers, sets);
    const remembered = this.#cache.get(key);
    if (remembered !== undefined) {
      this.#counts.remembered += 1;
      if (remembered.by === 'policy-error') this.#counts.errors += 1;
      return remembered;
    }
    this.#counts.evaluated += 1;
    return this.#evaluate(known, sets, key);
  }

  /**
   * Finds the permit policies that apply to a request, and whose conditions it does not meet, in
   * each layer that does not permit it.
   *
   * @returns ids
   * @throws CedarError
   */
  unmetPermits(request: AuthorizationRequest, cedar: Cedar): readonly string[] {
    const known = this.known(request);
    return this.#layersFor(request).flatMap(({ index }) => {
      const sets: IndexedSet[] = [];
      index.collect(known, sets);
      if (this.#outcome(known, sets).permits.length > 0) return [];
      const policies = sets.flatMap((set) => set.policies);
      const permits = policies.filter(({ effect }) => effect === 'permit');
      return withinScope(cedar, permits, cedarRequest(known, EVERYTHING));
    });
  }

  /** The request with what follows from it. */
  known(request: AuthorizationRequest): KnownRequest {
    return {
      request,
      principal: principalOf(request.awsPrincipalArn),
      local: this.#clock.at(request.now),
      keyStore: this.keyStore,
    };
  }

  #sets(): readonly IndexedSet[] {
    return [this.#ofKeyStore, ...this.#ofKeys.values()].flatMap(({ index }) => index.sets);
  }

  /** The key store's, those of the alias that is asked for, and those of the key itself. */
  #layersFor({ askedId, externalKeyId }: AuthorizationRequest): readonly Layer[] {
    const ofAlias = askedId === externalKeyId ? undefined : this.#ofKeys.get(askedId.toLowerCase());
    const ofKey = this.#ofKeys.get(externalKeyId.toLowerCase());
    const layers = [this.#ofKeyStore];
    if (ofAlias !== undefined) layers.push(ofAlias);
    if (ofKey !== undefined) layers.push(ofKey);
    return layers;
  }

  #evaluate(known: KnownRequest, sets: readonly (readonly IndexedSet[])[], key: string): Decision {
    const reads = allReads(sets.flat().map((set) => set.reads));
    const { policySet } = this;
    try {
      const outcomes = sets.map((ofLayer) => this.#outcome(known, ofLayer));
      const decision = compose(outcomes, { policySet, tagsRead: reads.tags });
      if (decision.by === 'policy-error') this.#counts.errors += 1;
      this.#cache.set(key, decision);
      return decision;
    } catch (error) {
      if (!(error instanceof CedarError)) throw error;
      this.#counts.errors += 1;
      const failed = { permits: [], forbids: [], errors: [error.message] };
      return compose([failed], { policySet, tagsRead: reads.tags });
    }
  }

  #outcome(known: KnownRequest, sets: readonly IndexedSet[]): LayerOutcome {
    const permits: string[] = [];
    const forbids: string[] = [];
    const errors: string[] = [];
    for (const { number, reads } of sets) {
      const request = cedarRequest(known, reads);
      const answer = this.#slot.engine.evaluate(this.#names[number] ?? '', request);
      (answer.decision === 'allow' ? permits : forbids).push(...answer.reason);
      errors.push(...answer.errors.map(({ policyId, message }) => `${policyId}: ${message}`));
    }
    return { permits, forbids, errors };
  }
}

/**
 * Writes down everything that the policies in question read of a request, and which they are. The
 * action is always there: policies without one in their scope are the same for all, and may read
 * it.
 */
function keyOf(
  known: KnownRequest,
  layers: readonly Layer[],
  sets: readonly (readonly IndexedSet[])[],
): string {
  let key: string = known.request.action;
  let facts = 0;
  layers.forEach(({ number }, place) => {
    key += `/${number}`;
    for (const set of sets[place] ?? []) {
      key += `,${set.number}`;
      facts |= set.reads.facts;
    }
  });
  key += ';';
  for (let index = 0; index < FACTS.length; index += 1) {
    const fact = FACTS[index];
    if ((facts & (1 << index)) !== 0 && fact !== undefined) key += field(valueOf(fact, known));
  }
  const { request } = known;
  if ((facts & PRINCIPAL_ID) !== 0) key += field(request.awsPrincipalArn);
  if ((facts & RESOURCE_ID) !== 0) key += field(request.externalKeyId) + field(request.askedId);
  for (const ofLayer of sets) {
    for (const set of ofLayer) key += tagsKey(set.reads, request.tags);
  }
  return key;
}

/** Every value with its length, so that no two lists of values are written alike. */
function field(value: string | number | undefined): string {
  if (value === undefined) return '-';
  const text = String(value);
  return `${text.length}:${text}`;
}

function tagsKey({ tags: read }: Reads, tags: ReadonlyMap<string, string>): string {
  let key = '';
  if (read === 'all') {
    for (const [name, value] of tags) key += field(name) + field(value);
    return `${key};`;
  }
  for (const name of read) key += field(tags.get(name));
  return key;
}
