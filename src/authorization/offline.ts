import { systemClock } from '../shared/clock.js';
import { Authorizer } from './authorizer.js';
import { newCedar } from './cedar/cedar.js';
import type { CheckedPolicies, CheckedPolicy, PolicyProblem } from './cedar/check-policies.js';
import { checkInThread } from './cedar/check-thread.js';
import { CedarEngine } from './cedar/engine.js';
import { PolicySlots } from './cedar/slots.js';
import { newPolicyCounts } from './policy-counts.js';
import { policySetHash, type PolicySource } from './policy-source.js';
import type { AuthorizationRequest } from './request.js';

/** Policies that are not valid, with all that is wrong with them. */
export class PolicyProblemsError extends Error {
  override readonly name = 'PolicyProblemsError';
  readonly problems: readonly PolicyProblem[];

  constructor(problems: readonly PolicyProblem[]) {
    super(problems.map(problemText).join('\n'));
    this.problems = problems;
  }
}

/** A set of policies outside of a server. */
export interface OfflinePolicies {
  readonly authorizer: Authorizer;
  /**
   * The permit policies that apply to a request that is denied, and whose conditions it does not
   * meet, by their ids.
   */
  readonly unmetPermits: (request: AuthorizationRequest) => readonly string[];
  /** By id. */
  readonly policies: ReadonlyMap<string, CheckedPolicy>;
}

/**
 * Opens a set of policies to ask it, without a server.
 *
 * @throws PolicyProblemsError
 */
export async function openOffline(source: PolicySource): Promise<OfflinePolicies> {
  const checked = await checkedOrThrow(source);
  const slot = new PolicySlots(new CedarEngine(systemClock)).claim();
  const { keyStore, timeZone } = source;
  const config = { keyStore, timeZone, policySet: policySetHash(source), checked };
  const authorizer = await Authorizer.open(config, {
    ...{ slot, counts: newPolicyCounts() },
    breathe: () => Promise.resolve(),
  });
  const all = checked.layers.flatMap(({ policies }) => policies);
  return {
    authorizer,
    unmetPermits: (request) => authorizer.unmetPermits(request, newCedar()),
    policies: new Map(all.map((policy) => [policy.id, policy])),
  };
}

/** Writes a problem as lines for people. */
export function problemText({ file, line, column, found, allowed }: PolicyProblem): string {
  return `${file}, line ${line}, column ${column}\n  found:   ${found}\n  allowed: ${allowed}`;
}

async function checkedOrThrow(source: PolicySource): Promise<CheckedPolicies> {
  const [checked] = await checkInThread([source]);
  if (checked === undefined || checked.problems.length > 0) {
    throw new PolicyProblemsError(checked?.problems ?? []);
  }
  return checked;
}
