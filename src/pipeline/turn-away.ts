import type { AuditTrail } from '../audit/trail/audit-trail.js';
import { parseTarget } from '../xks/paths.js';
import { errorBody } from '../xks/errors.js';
import type { PipelineServices } from './context.js';
import { type CallerFacts, newFacts, type OutcomeFacts } from './facts.js';
import { tooManyAtOnce } from './overload.js';
import { ToldRequest } from './told-request.js';

const REFUSAL = tooManyAtOnce();

/** The body of the answer to a request that is turned away. */
export const TOO_MANY_REQUESTS = errorBody(REFUSAL.errorName, REFUSAL.message);

const OUTCOME: OutcomeFacts = {
  status: REFUSAL.status,
  errorName: REFUSAL.errorName,
  cause: REFUSAL.reason,
  throttledBy: REFUSAL.throttledBy,
  durationUs: 0,
};

/**
 * The fate of a request that there is no time for. `counted`: it may be answered. `to-be-recorded`:
 * the pipeline is to record it by itself, and turns it away. `to-be-served`: it is none of those
 * that are turned away.
 */
export type TurnedAway = 'counted' | 'to-be-recorded' | 'to-be-served';

/** The client of a request, as a record tells of it. */
export type Caller = CallerFacts;

/** Decides over a request to a target, of a caller whom nobody has authenticated. */
export type TurnAway = (target: string, caller: Caller) => TurnedAway;

/** The services that requests are turned away with. */
export interface TurnAwayPorts extends Pick<PipelineServices, 'current' | 'observe'> {
  /** Absent where the configuration has none. */
  readonly audit: Pick<AuditTrail, 'leavesOut'> | undefined;
}

/**
 * Turns away uses of keys before anything is done for them. As of other requests without a
 * signature that was checked, the audit log has the first hundred of a minute one by one, and the
 * number of the others.
 */
export function createTurnAway({ audit, current, observe }: TurnAwayPorts): TurnAway {
  return (path, caller) => {
    const target = parseTarget(path);
    const keyStore = target && current().keyStores.get(target.pathPrefix);
    if (keyStore === undefined || target?.about !== 'key' || !target.operation.isLimited) {
      return 'to-be-served';
    }
    if (audit?.leavesOut(REFUSAL.errorName) === false) return 'to-be-recorded';
    const { operation, externalKeyId } = target;
    const facts = newFacts(caller);
    facts.route = {
      ...{ keyStore: keyStore.name, operation: operation.name, externalKeyId },
      target: undefined,
    };
    observe(new ToldRequest(facts, OUTCOME, false));
    return 'counted';
  };
}
