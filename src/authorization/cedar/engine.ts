import type {
  AuthorizationAnswer,
  StatefulAuthorizationCall,
} from '@cedar-policy/cedar-wasm/nodejs';
import type { Clock } from '../../shared/clock.js';
import { type Cedar, newCedar } from './cedar.js';

/** A trap costs a new instance and the parsing of every set: no more often than this. */
const REBUILD_AFTER_MS = 60_000;

/** Policies by their ids, in Cedar's language. */
export type PolicyTexts = Readonly<Record<string, string>>;

/** The error for an evaluation that has no answer: then nothing is allowed. */
export class CedarError extends Error {
  override readonly name = 'CedarError';
}

/** A request as Cedar takes it, without the policies. */
export type CedarRequest = Omit<StatefulAuthorizationCall, 'preparsedPolicySetId'>;

/** The answer of one set of policies. */
export interface CedarAnswer {
  readonly decision: 'allow' | 'deny';
  /** Ids of the policies that decided. */
  readonly reason: readonly string[];
  readonly errors: readonly { readonly policyId: string; readonly message: string }[];
}

/**
 * Cedar with sets of policies that it has parsed, by their names. What it has parsed under a name
 * is freed only by parsing something else under that name, so names are used again.
 */
export class CedarEngine {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #make: () => Cedar;
  readonly #sets = new Map<string, PolicyTexts>();
  #cedar: Cedar | undefined;
  #rebuiltAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Pick<Clock, 'monotonic'>, make: () => Cedar = newCedar) {
    this.#clock = clock;
    this.#make = make;
    this.#cedar = make();
  }

  /** @throws CedarError for policies that cannot be parsed, and until a trap is overcome */
  put(name: string, policies: PolicyTexts): void {
    parseInto(this.#alive(), name, policies);
    this.#sets.set(name, policies);
  }

  /** Frees what was parsed under a name. */
  clear(name: string): void {
    this.#sets.delete(name);
    if (this.#cedar !== undefined) parseInto(this.#cedar, name, {});
  }

  /** @throws CedarError where there is no answer; a trap is one of these */
  evaluate(name: string, request: CedarRequest): CedarAnswer {
    const answer = this.#ask(this.#alive(), { ...request, preparsedPolicySetId: name });
    if (answer.type === 'failure') throw new CedarError(answer.errors[0]?.message ?? 'no answer');
    const { decision, diagnostics } = answer.response;
    const errors = diagnostics.errors.map(({ policyId, error: { message } }) => ({
      policyId,
      message,
    }));
    return { decision, reason: diagnostics.reason, errors };
  }

  #alive(): Cedar {
    if (this.#cedar === undefined) throw new CedarError('Cedar has trapped before');
    return this.#cedar;
  }

  #ask(cedar: Cedar, call: StatefulAuthorizationCall): AuthorizationAnswer {
    try {
      return cedar.statefulIsAuthorized(call);
    } catch (cause) {
      // An instance that has trapped would trap at everything that follows.
      this.#cedar = undefined;
      setImmediate(() => {
        this.#rebuild();
      });
      throw new CedarError('Cedar has trapped', { cause });
    }
  }

  #rebuild(): void {
    const waitMs = this.#rebuiltAt + REBUILD_AFTER_MS - this.#clock.monotonic();
    if (waitMs > 0) {
      setTimeout(() => {
        this.#rebuild();
      }, waitMs).unref();
      return;
    }
    this.#rebuiltAt = this.#clock.monotonic();
    const cedar = this.#make();
    for (const [name, policies] of this.#sets) parseInto(cedar, name, policies);
    this.#cedar = cedar;
  }
}

function parseInto(cedar: Cedar, name: string, policies: PolicyTexts): void {
  const answer = cedar.preparsePolicySet(name, { staticPolicies: policies });
  if (answer.type === 'failure') throw new CedarError(answer.errors[0]?.message ?? 'unparsable');
}
