import type { Decision } from '../../authorization/decision.js';
import type { OfflinePolicies } from '../../authorization/offline.js';
import type { AuthorizationRequest } from '../../authorization/request.js';
import { type KeyOperationRecord, recordedRequest } from './recorded-request.js';

/** A policy that decided, as it is written. */
export interface ExplainedPolicy {
  readonly id: string;
  readonly effect: 'permit' | 'forbid';
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** The reason for which a request was allowed or denied. */
export interface Explanation {
  readonly decision: 'allowed' | 'denied';
  /** One sentence. */
  readonly because: string;
  /** The policies that decided. */
  readonly policies: readonly ExplainedPolicy[];
  /** Permit policies that apply but for their conditions, where none permits the request. */
  readonly unmet: readonly ExplainedPolicy[];
  /** Hash of their set; absent where no policies decided. */
  readonly policySet: string | undefined;
  /** False where that set is not kept here, so that the record's own words are all there is. */
  readonly isKept: boolean | undefined;
  /** Present where the policies, asked again, decide otherwise than the record says. */
  readonly contradiction: string | undefined;
}

/** Explains what policies decide over a request. */
export function explainRequest(
  request: AuthorizationRequest,
  offline: OfflinePolicies,
): Explanation {
  const { policies } = offline;
  const decision = offline.authorizer.decide(request);
  const unmet = unmetOf(request, decision, offline);
  return {
    decision: decision.decision,
    because: reasonOf(decision, unmet),
    policies: textsOf(decision.policies, policies),
    unmet: textsOf(unmet, policies),
    policySet: decision.policySet,
    isKept: true,
    contradiction: undefined,
  };
}

/**
 * Explains what a record says.
 *
 * @param kept the policies that decided; undefined where they are not there any more
 */
export function explainRecord(
  record: KeyOperationRecord,
  kept: OfflinePolicies | undefined,
): Explanation {
  const { authorization, cause } = record;
  if (authorization === undefined) {
    const because = `The request did not get as far as a decision: ${cause ?? 'no cause is recorded'}.`;
    return plain('denied', because);
  }
  const { decision, by, policySet, policies = [] } = authorization;
  if (by === 'exposes') return plain(decision, byExposure(decision));
  if (!OF_POLICIES.has(by)) return plain(decision, `No policy was asked: ${cause ?? by}.`);
  const recorded = recordedRequest(record);
  const decisions =
    kept === undefined || 'unknown' in recorded
      ? []
      : recorded.requests.map((request) => ({ request, ...kept.authorizer.decide(request) }));
  const again = decisions.find((each) => agrees(authorization, each)) ?? decisions[0];
  const unmet =
    kept === undefined || again === undefined ? [] : unmetOf(again.request, again, kept);
  return {
    decision,
    because: becauseOf(record, again, unmet),
    policies: kept === undefined ? [] : textsOf(policies, kept.policies),
    unmet: kept === undefined ? [] : textsOf(unmet, kept.policies),
    policySet,
    isKept: kept !== undefined,
    contradiction: again && contradictionOf(authorization, again),
  };
}

const OF_POLICIES: ReadonlySet<string> = new Set(['policy', 'policy-error', 'break-glass']);

function plain(decision: Explanation['decision'], because: string): Explanation {
  const none = { policySet: undefined, isKept: undefined, contradiction: undefined };
  return { decision, because, policies: [], unmet: [], ...none };
}

/** The policies that come into question where none permits the request, and none forbids it. */
function unmetOf(
  request: AuthorizationRequest,
  { decision, by, policies }: Decision,
  { unmetPermits }: OfflinePolicies,
): readonly string[] {
  const isByDefault = decision === 'denied' && by === 'policy' && policies.length === 0;
  return isByDefault ? unmetPermits(request) : [];
}

function byExposure(decision: Explanation['decision']): string {
  return decision === 'allowed'
    ? 'No policy was asked: the key store had none, or the request ended before; the key store exposes the key.'
    : 'The key store does not expose the key; no policy was asked.';
}

function becauseOf(
  { authorization, cause }: KeyOperationRecord,
  again: Decision | undefined,
  unmet: readonly string[],
): string {
  const { by, decision, policies = [] } = authorization ?? {};
  if (by === 'break-glass') {
    return 'Policies deny it, and an administrator had overruled them (holdfast break-glass).';
  }
  if (by === 'policy-error') return `A policy could not be evaluated. ${cause ?? ''}`.trim();
  if (again !== undefined) return reasonOf(again, unmet);
  return decision === 'allowed' ? permitted(policies) : deniedBy(policies, unmet);
}

function reasonOf({ by, decision, policies, error }: Decision, unmet: readonly string[]): string {
  if (by === 'policy-error') return `A policy could not be evaluated: ${error ?? ''}.`;
  return decision === 'allowed' ? permitted(policies) : deniedBy(policies, unmet);
}

function permitted(policies: readonly string[]): string {
  return `Permitted by ${policies.join(', ')}, and no policy forbids it.`;
}

function deniedBy(policies: readonly string[], unmet: readonly string[]): string {
  if (policies.length > 0) return `Forbidden by ${policies.join(', ')}.`;
  const none = 'No policy permits it, in the key store or among those of the key.';
  if (unmet.length === 0) return none;
  const which = unmet.join(', ');
  return `${none} These permit policies apply to the request, and their conditions are not met: ${which}.`;
}

type Recorded = NonNullable<KeyOperationRecord['authorization']>;

function agrees({ decision, by }: Recorded, again: Decision): boolean {
  return again.decision === (by === 'break-glass' ? 'denied' : decision);
}

function contradictionOf(authorization: Recorded, again: Decision): string | undefined {
  if (agrees(authorization, again) || authorization.by === 'policy-error') return undefined;
  return `asked again, the policies of that time say ${again.decision}`;
}

function textsOf(
  ids: readonly string[],
  policies: OfflinePolicies['policies'],
): readonly ExplainedPolicy[] {
  return ids.flatMap((id) => {
    const policy = policies.get(id);
    if (policy === undefined) return [];
    const { effect, file, line, text } = policy;
    return [{ id, effect, file, line, text }];
  });
}
