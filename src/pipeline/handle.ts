import { AuditTimeoutError } from '../audit/trail/errors.js';
import { KeyManagerError } from '../key-managers/backend.js';
import type { CountedRequest } from '../key-stores/quotas/quotas.js';
import { Deadline } from '../shared/deadline.js';
import { SignatureError } from '../sigv4/failure.js';
import { errorBody, XksError } from '../xks/errors.js';
import { type Answer, BodyError, type Handle, type IncomingCall } from './call.js';
import type {
  PipelineServices,
  RequestAudit,
  ServedGeneration,
  ServedPolicies,
} from './context.js';
import { Execution } from './execution.js';
import { accepted, newFacts, type OutcomeFacts, type RequestFacts } from './facts.js';
import { MethodNotAllowedError, toXksError } from './failure.js';
import { PendingDeletionError, pendingDeletionUsed } from './pending-deletion.js';
import { accountOf, admit, BlockedError, DENIED_BY_BLOCK } from './stages/admit.js';
import { assertFresh, catchUp } from './stages/assert-fresh.js';
import { authenticate } from './stages/authenticate.js';
import { authorize, type Policed, type Ruled } from './stages/authorize.js';
import { countRequest } from './stages/count-request.js';
import { checkExposure, NOT_EXPOSED, NotExposedError } from './stages/check-exposure.js';
import { type AskedFor, findKey } from './stages/find-key.js';
import { operate } from './stages/operate.js';
import { parse } from './stages/parse.js';
import { reportHealth } from './stages/report-health.js';
import { route } from './stages/route.js';
import { throttleReasonOf } from './throttled.js';
import { ToldRequest } from './told-request.js';

/** A request on its way. */
interface Request {
  readonly services: PipelineServices;
  /** The one that was in force at its head. */
  readonly generation: ServedGeneration;
  readonly call: IncomingCall;
  /** Brought forward once it is known for how long the request lay unseen. */
  deadline: Deadline;
  readonly facts: RequestFacts;
  /** Present once policies have decided over it. */
  ruled: Ruled | undefined;
  /** Present once quotas count it. */
  counted: CountedRequest | undefined;
}

const BEGUN = { ruled: undefined, counted: undefined } as const;

/** The answer to a request, and how it is told. */
interface Outcome extends OutcomeFacts {
  readonly answer: Answer;
}

/**
 * The way of every request, from its bytes to its answer. Nobody learns which keys exist without
 * a valid signature: the path comes first, then authentication, then everything else. And nobody
 * gets an answer that the audit log does not know of.
 */
export function createHandle(services: PipelineServices): Handle {
  return async (call) => {
    const generation = services.current();
    const deadline = new Deadline(services.clock, call.startedAt, generation.deadlineMs);
    const facts = newFacts(call);
    const request: Request = { services, generation, call, deadline, facts, ...BEGUN };
    generation.inFlight.begin();
    try {
      return (await recorded(request, await decide(request))).answer;
    } finally {
      request.counted?.end();
      afterwards(request);
      generation.inFlight.end();
    }
  };
}

/** Has a candidate compared with the policies, which is no matter of the answer. */
function afterwards({ ruled }: Request): void {
  if (ruled?.shadow === undefined) return;
  const { request, decision: inForce, kmsRequestId } = ruled;
  ruled.shadow.note({ request, inForce, kmsRequestId });
}

/** @returns the outcome, or another where it could not be recorded */
async function recorded(request: Request, decided: Outcome): Promise<Outcome> {
  const { services } = request;
  let outcome = decided;
  let told = tell(request, outcome);
  if (services.audit !== undefined) {
    const withheld = await record(request, told, services.audit);
    if (withheld !== undefined) {
      outcome = withheld;
      told = tell(request, outcome);
    }
  }
  services.observe(told);
  return outcome;
}

async function decide(request: Request): Promise<Outcome> {
  try {
    const body = await serve(request);
    return stampOutcome(request, { status: 200, body: JSON.stringify(body) });
  } catch (error) {
    return failure(request, error);
  }
}

/** Each stage tells what it has found out, and the next one gets what it needs of that. */
async function serve(taken: Request): Promise<object> {
  const { services, generation, call, facts } = taken;
  const routed = route(generation, call);
  facts.route = routed.facts;
  const { keyStore, target } = accepted(routed);

  const bytes = await call.readBody(services.maxBodyBytes);
  const isLimited = target.about === 'key' && target.operation.isLimited;
  if (isLimited) {
    services.overload.assertInTime(call);
    if (call.unseenMs > 0) taken.deadline = taken.deadline.earlierBy(call.unseenMs);
  }
  const { deadline } = taken;
  const signed = authenticate(keyStore, call, bytes);
  facts.credential = signed.facts;
  const { accessKeyId } = accepted(signed).facts;

  const isLate = deadline.hasPassed();
  if (target.about === 'key-store') {
    const parsed = parse(target.operation, bytes);
    facts.body = parsed.facts;
    const { request } = accepted(parsed);
    if (isLate) throw new BodyError('too-late');
    const { proxyFleetSize } = generation;
    return reportHealth(services, { keyStore, request, proxyFleetSize }, deadline);
  }

  taken.counted = countRequest(keyStore, target.operation, accessKeyId);
  const parsed = parse(target.operation, bytes);
  facts.body = parsed.facts;
  const { request } = accepted(parsed);
  // KMS has given up, so nobody would see what the key is used for.
  if (isLate) throw isLimited ? services.overload.late(call) : new BodyError('too-late');
  services.audit?.assertRecording();
  if (services.state.hasReturned) await catchUp(services.state, deadline);
  assertFresh(services.state);

  const { operation, externalKeyId } = target;
  const principal = parsed.facts.metadata.awsPrincipalArn;
  const execution = new Execution(keyStore.keyManager.name, deadline);
  const { blocks } = services;
  const caller = { principal, account: accountOf(parsed.facts.metadata), counted: taken.counted };
  const asked = { operation, externalKeyId, ...caller, request, keyStore, blocks, execution };

  admit(asked);
  const exposed = checkExposure(keyStore, externalKeyId);
  facts.authorization = exposed.facts;
  accepted(exposed);

  facts.execution = execution;
  const policed = { target, caller: call, metadata: parsed.facts.metadata };
  if (!isLimited) return use(taken, asked, policed);
  const { keyManager } = execution;
  const { overload } = services;
  const { queueLimit } = generation;
  overload.assertFair({ account: asked.account, keyManager, queueLimit });
  overload.begin(keyManager);
  try {
    return await use(taken, asked, policed);
  } finally {
    overload.end(keyManager);
  }
}

async function use(
  taken: Request,
  asked: AskedFor,
  policed: Omit<Policed, 'found'>,
): Promise<object> {
  const found = await findKey(asked);
  const { policies } = asked.keyStore;
  if (policies !== undefined) {
    // No spread: V8 was seen to make its object, and with it the call, in the old generation.
    const { target, caller, metadata } = policed;
    assertPermitted(taken, policies, { target, caller, metadata, found });
  }
  return operate(found, asked);
}

/** @throws XksError where the policies deny it */
function assertPermitted(taken: Request, policies: ServedPolicies, policed: Policed): void {
  const authorized = authorize(taken.services, policies, policed);
  taken.ruled = authorized.ruled;
  taken.facts.authorization = authorized.facts;
  accepted(authorized);
}

/** @returns the outcome to answer with instead, where the request could not be recorded */
async function record(
  request: Request,
  told: ToldRequest,
  audit: RequestAudit,
): Promise<Outcome | undefined> {
  const { services, call } = request;
  try {
    const sequence = await audit.recordRequest(told, request.deadline);
    if (sequence !== undefined && call.isAbandoned()) {
      const { kmsRequestId } = told;
      audit.recordAbandoned({ record: sequence, kmsRequestId, reason: 'client-gone' });
    }
    return undefined;
  } catch (error) {
    const isLate = error instanceof AuditTimeoutError;
    return failure(request, isLate ? services.overload.lateRecord(call, error) : error);
  }
}

function tell({ services, facts }: Request, outcome: Outcome): ToldRequest {
  return new ToldRequest(facts, outcome, services.audit !== undefined);
}

function failure(request: Request, error: unknown): Outcome {
  if (error instanceof MethodNotAllowedError) {
    const answer = { status: 405, body: '', headers: ['allow', 'POST'] };
    return stampOutcome(request, answer, { cause: 'method-not-allowed' });
  }
  if (error instanceof BlockedError) request.facts.authorization = DENIED_BY_BLOCK;
  if (error instanceof NotExposedError) request.facts.authorization = NOT_EXPOSED;
  const xksError = toXksError(error, request.facts.route?.operation) ?? defect(error);
  const { status, errorName, message } = xksError;
  const cause =
    error instanceof SignatureError ? error.detail : (xksError.reason ?? xksError.message);
  const answer = { status, body: errorBody(errorName, message) };
  const throttledBy = throttleReasonOf(xksError);
  const outcome = stampOutcome(request, answer, { errorName, cause, throttledBy });
  if (error instanceof PendingDeletionError) {
    request.services.events.tell(pendingDeletionUsed(error, tell(request, outcome)));
  }
  if (hasMoreToTell(error)) request.services.reportFailure(error, tell(request, outcome));
  return outcome;
}

function stampOutcome(
  { services, call }: Request,
  answer: Answer,
  { errorName, cause, throttledBy }: Partial<OutcomeFacts> = {},
): Outcome {
  const durationUs = Math.round((services.clock.monotonic() - call.startedAt) * 1000);
  return { answer, status: answer.status, errorName, cause, throttledBy, durationUs };
}

/**
 * Tells whether there is a cause, which does not fit into the record: without it nobody could say
 * why a key manager failed.
 */
function hasMoreToTell(error: unknown): boolean {
  if (error instanceof KeyManagerError) return error.cause !== undefined;
  return toXksError(error) === undefined;
}

function defect(error: unknown): XksError {
  return new XksError('InternalException', 'The proxy failed.', { reason: 'defect', cause: error });
}
