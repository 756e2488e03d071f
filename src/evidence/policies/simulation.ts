import type { Authorizer } from '../../authorization/authorizer.js';
import type { Decision } from '../../authorization/decision.js';
import { type KeyOperationRecord, recordedRequest } from './recorded-request.js';

/** The different ends that a request would have had. */
export type Change = 'would-deny' | 'would-allow';

/** Requests that are alike and that a candidate decides otherwise. */
export interface ChangedRequests {
  readonly change: Change;
  readonly operation: string;
  readonly externalKeyId: string;
  readonly awsPrincipalArn: string;
  readonly kmsViaService: string | undefined;
  /** Ids of the policies that would decide. */
  readonly policies: readonly string[];
  /** Sequence of the first record. */
  readonly first: number;
  readonly count: number;
}

/** The result of a simulation. */
export interface SimulationResult {
  /** Uses of keys of the key store that policies decided over, or would have. */
  readonly requests: number;
  /** Those that ended before any policy is asked, such as those of blocked keys. */
  readonly neverAsked: number;
  readonly unchanged: number;
  readonly wouldDeny: number;
  readonly wouldAllow: number;
  /** Requests of which the records do not say enough, by what is missing. */
  readonly undecided: Readonly<Record<string, number>>;
  readonly changed: readonly ChangedRequests[];
}

/** The parts of a simulation. */
export interface SimulationPorts {
  readonly keyStore: string;
  readonly candidate: Authorizer;
  /** The policies that decided then, by their hash; undefined where they are not kept. */
  readonly keptSet: (hash: string) => Promise<Authorizer | undefined>;
  /** Tags of keys from elsewhere. */
  readonly tagsOf: (externalKeyId: string) => ReadonlyMap<string, string> | undefined;
}

/** The decisions of the record that policies have made. */
const OF_POLICIES: ReadonlySet<string> = new Set(['policy', 'policy-error', 'break-glass']);

/** Groups of changed requests that are listed; all are counted. */
const MAX_GROUPS = 10_000;

/** Asks a candidate about the requests of an audit log, one after the other. */
export class Simulation {
  readonly #ports: SimulationPorts;
  readonly #changed = new Map<string, ChangedRequests>();
  readonly #undecided = new Map<string, number>();
  #requests = 0;
  #neverAsked = 0;
  #unchanged = 0;
  #wouldDeny = 0;
  #wouldAllow = 0;

  constructor(ports: SimulationPorts) {
    this.#ports = ports;
  }

  /** Takes a record into account, if it is of the key store and got as far as a decision. */
  async take(record: KeyOperationRecord): Promise<void> {
    const { authorization, keyStore } = record;
    if (keyStore !== this.#ports.keyStore) return;
    const ofPolicies = authorization !== undefined && OF_POLICIES.has(authorization.by);
    if (authorization?.decision !== 'allowed' && !ofPolicies) {
      this.#neverAsked += 1;
      return;
    }
    this.#requests += 1;
    if (!ofPolicies && record.result === 'failure') {
      const { errorName = 'an error' } = record;
      this.#leave(`${errorName}, and the record does not say if policies would have been asked`);
    } else await this.#decide(record);
  }

  result(): SimulationResult {
    return {
      ...{ requests: this.#requests, neverAsked: this.#neverAsked, unchanged: this.#unchanged },
      ...{ wouldDeny: this.#wouldDeny, wouldAllow: this.#wouldAllow },
      undecided: Object.fromEntries(this.#undecided),
      changed: [...this.#changed.values()].sort((a, b) => b.count - a.count),
    };
  }

  async #decide(record: KeyOperationRecord): Promise<void> {
    const tags = this.#ports.tagsOf(record.targetKeyId ?? record.externalKeyId ?? '');
    const recorded = recordedRequest(record, tags);
    if ('unknown' in recorded) {
      this.#leave(recorded.unknown);
      return;
    }
    const [decision, other] = recorded.requests.map((each) => this.#ports.candidate.decide(each));
    if (decision === undefined) return;
    const missing = tags === undefined ? await this.#missingTag(record, decision) : undefined;
    if (missing !== undefined) this.#leave(missing);
    else if (other !== undefined && other.decision !== decision.decision) {
      this.#leave('a minute ended meanwhile, and the candidate decides otherwise in the next');
    } else this.#count(record, decision);
  }

  /** A tag that the record does not have may be one that nobody read then. */
  async #missingTag(
    record: KeyOperationRecord,
    { tagsRead }: Decision,
  ): Promise<string | undefined> {
    if (tagsRead !== 'all' && tagsRead.length === 0) return undefined;
    const hash = record.authorization?.policySet;
    const kept = hash === undefined ? undefined : await this.#ports.keptSet(hash);
    const recorded = recordedRequest(record);
    const known =
      kept === undefined || 'unknown' in recorded ? [] : kept.decide(recorded.requests[0]).tagsRead;
    if (known === 'all') return undefined;
    if (tagsRead === 'all')
      return 'the candidate reads all tags, and the record has not all of them';
    const missing = tagsRead.find((tag) => !known.includes(tag));
    return missing === undefined ? undefined : `the record does not have the tag ${missing}`;
  }

  #leave(why: string): void {
    this.#undecided.set(why, (this.#undecided.get(why) ?? 0) + 1);
  }

  #count(record: KeyOperationRecord, { decision, policies }: Decision): void {
    if (decision === decisionOfPolicies(record)) {
      this.#unchanged += 1;
      return;
    }
    const change = decision === 'denied' ? 'would-deny' : 'would-allow';
    if (change === 'would-deny') this.#wouldDeny += 1;
    else this.#wouldAllow += 1;
    const { operation = '', externalKeyId = '', awsPrincipalArn = '', kmsViaService } = record;
    const group = {
      change,
      operation,
      externalKeyId,
      awsPrincipalArn,
      kmsViaService,
      policies,
    } as const;
    const key = JSON.stringify(group);
    const known = this.#changed.get(key);
    if (known === undefined && this.#changed.size >= MAX_GROUPS) return;
    const first = known?.first ?? record.sequence;
    this.#changed.set(key, { ...group, first, count: (known?.count ?? 0) + 1 });
  }
}

/** The decision of the policies; break glass let through what they had denied. */
function decisionOfPolicies({ authorization }: KeyOperationRecord): Decision['decision'] {
  const { decision = 'denied', by } = authorization ?? {};
  return by === 'break-glass' ? 'denied' : decision;
}
