import { Authorizer } from '../../../src/authorization/authorizer.js';
import { checkPolicies } from '../../../src/authorization/cedar/check-policies.js';
import { newCedar } from '../../../src/authorization/cedar/cedar.js';
import { CedarEngine } from '../../../src/authorization/cedar/engine.js';
import { PolicySlots } from '../../../src/authorization/cedar/slots.js';
import { newPolicyCounts } from '../../../src/authorization/policy-counts.js';
import { policySetHash } from '../../../src/authorization/policy-source.js';
import { type AuthorizationRequest, sampleRequest } from '../../../src/authorization/request.js';
import { systemClock } from '../../../src/shared/clock.js';

const POLICIES = [1, 10, 200] as const;
const WARM_UP = 2_000;
const CACHED = 20_000;
const UNCACHED = 500;
/** Decisions between two readings of the clock, whose resolution is not worth more. */
const BATCH = 20;

/** The time of decisions, in microseconds each. */
interface DecisionTimes {
  readonly p50: number;
  readonly p99: number;
}

/** Decisions of a set of policies. */
export interface AuthorizationResult {
  readonly policies: number;
  /** The part of them that a request may be within the scope of. */
  readonly inQuestion: 'one' | 'all';
  readonly cached: DecisionTimes;
  readonly uncached: DecisionTimes;
}

/** Measures decisions in this process: remembered ones, and those that Cedar is asked for. */
export async function measureAuthorization(): Promise<readonly AuthorizationResult[]> {
  const results: AuthorizationResult[] = [];
  const slots = new PolicySlots(new CedarEngine(systemClock));
  for (const policies of POLICIES) {
    for (const inQuestion of ['one', 'all'] as const) {
      const slot = slots.claim();
      const authorizer = await open(textOf(policies, inQuestion), slot);
      const request = { ...sampleRequest('store'), now: Date.now() };
      const again = () => authorizer.decide(request);
      let serial = 0;
      const anew = () => authorizer.decide(unseen(request, (serial += 1)));
      results.push({
        ...{ policies, inQuestion },
        cached: timesOf(again, CACHED),
        uncached: timesOf(anew, UNCACHED, 1),
      });
      slot.release();
    }
  }
  return results;
}

/** A request that differs in what the policies read. */
function unseen(request: AuthorizationRequest, serial: number): AuthorizationRequest {
  return { ...request, kmsViaService: `s${serial}.eu-west-1.amazonaws.com` };
}

function textOf(policies: number, inQuestion: 'one' | 'all'): string {
  return Array.from({ length: policies }, (_, index) => {
    const role = `arn:aws:iam::111122223333:role/${index === 0 ? 'sample' : `role-${index}`}`;
    const scope = inQuestion === 'one' ? `principal in Principal::"${role}"` : 'principal';
    return `permit(${scope}, action, resource) when {
      principal has account && principal.account == "111122223333" && context has kmsViaService &&
      context.kmsViaService like "s*" && resource.hasTag("sample") && resource.getTag("sample") == "sample"
    };`;
  }).join('\n');
}

function open(text: string, slot: ReturnType<PolicySlots['claim']>): Promise<Authorizer> {
  const files = [{ name: 'bench.cedar', path: 'bench.cedar', text }];
  const source = { keyStore: 'store', timeZone: 'UTC', files, keys: [] };
  const checked = checkPolicies(newCedar(), source);
  if (checked.problems.length > 0) throw new Error(JSON.stringify(checked.problems));
  const config = { keyStore: 'store', timeZone: 'UTC', policySet: policySetHash(source), checked };
  const counts = newPolicyCounts();
  return Authorizer.open(config, { slot, counts, breathe: () => Promise.resolve() });
}

function timesOf(decide: () => unknown, count: number, batch = BATCH): DecisionTimes {
  for (let done = 0; done < Math.min(WARM_UP, count * 4); done += 1) decide();
  const times: number[] = [];
  for (let done = 0; done < count; done += batch) {
    const begunAt = performance.now();
    for (let one = 0; one < batch; one += 1) decide();
    times.push(((performance.now() - begunAt) * 1_000) / batch);
  }
  times.sort((a, b) => a - b);
  const at = (part: number) => times[Math.floor(times.length * part)] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}
