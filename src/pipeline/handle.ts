import { KeyManagerError } from '../key-managers/backend.js';
import { Deadline } from '../shared/deadline.js';
import { SignatureError } from '../sigv4/failure.js';
import { errorBody, XksError } from '../xks/errors.js';
import { type Answer, BodyError, type Handle, type IncomingCall } from './call.js';
import type { PipelineServices, RequestAudit } from './context.js';
import { Execution } from './execution.js';
import { accepted, newFacts, type OutcomeFacts, type RequestFacts } from './facts.js';
import { MethodNotAllowedError, toXksError } from './failure.js';
import { assertFresh } from './stages/assert-fresh.js';
import { authenticate } from './stages/authenticate.js';
import { authorize } from './stages/authorize.js';
import { operate } from './stages/operate.js';
import { parse } from './stages/parse.js';
import { reportHealth } from './stages/report-health.js';
import { route } from './stages/route.js';
import { ToldRequest } from './told-request.js';

/** A request on its way. */
interface Request {
  readonly services: PipelineServices;
  readonly call: IncomingCall;
  readonly deadline: Deadline;
  readonly facts: RequestFacts;
}

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
    const deadline = new Deadline(services.clock, call.startedAt, services.deadlineMs);
    const request = { services, call, deadline, facts: newFacts(call) };
    let outcome = await decide(request);
    let told = tell(request, outcome);
    if (services.audit !== undefined) {
      const withheld = await record(request, told, services.audit);
      if (withheld !== undefined) {
        outcome = withheld;
        told = tell(request, outcome);
      }
    }
    services.observe(told);
    return outcome.answer;
  };
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
async function serve({ services, call, deadline, facts }: Request): Promise<object> {
  const routed = route(services, call);
  facts.route = routed.facts;
  const { keyStore, target } = accepted(routed);

  const bytes = await call.readBody(services.maxBodyBytes);
  const signed = authenticate(keyStore, call, bytes);
  facts.credential = signed.facts;
  accepted(signed);

  const isLate = deadline.hasPassed();
  if (target.about === 'key-store') {
    const parsed = parse(target.operation, bytes);
    facts.body = parsed.facts;
    const { request } = accepted(parsed);
    if (isLate) throw new BodyError('too-late');
    return reportHealth(services, keyStore, request, deadline);
  }

  const parsed = parse(target.operation, bytes);
  facts.body = parsed.facts;
  const { request } = accepted(parsed);
  // KMS has given up, so nobody would see what the key is used for.
  if (isLate) throw new BodyError('too-late');
  services.audit?.assertRecording();
  assertFresh(services.state);

  const authorized = authorize(keyStore, target.externalKeyId);
  facts.authorization = authorized.facts;
  accepted(authorized);

  const { keyManager } = keyStore;
  const execution = new Execution(keyManager.name, deadline);
  facts.execution = execution;
  const description = await keyManager.describeKey(target.externalKeyId, execution);
  return await operate(description, {
    operation: target.operation,
    request,
    keyStore,
    execution,
  });
}

/** @returns the outcome to answer with instead, where the request could not be recorded */
async function record(
  request: Request,
  told: ToldRequest,
  audit: RequestAudit,
): Promise<Outcome | undefined> {
  try {
    const sequence = await audit.recordRequest(told, request.deadline);
    if (sequence !== undefined && request.call.isAbandoned()) {
      const { kmsRequestId } = told;
      audit.recordAbandoned({ record: sequence, kmsRequestId, reason: 'client-gone' });
    }
    return undefined;
  } catch (error) {
    return failure(request, error);
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
  const xksError = toXksError(error, request.facts.route?.operation) ?? defect(error);
  const { status, errorName, message } = xksError;
  const cause =
    error instanceof SignatureError ? error.detail : (xksError.reason ?? xksError.message);
  const answer = { status, body: errorBody(errorName, message) };
  const outcome = stampOutcome(request, answer, { errorName, cause });
  if (hasMoreToTell(error)) request.services.reportFailure(error, tell(request, outcome));
  return outcome;
}

function stampOutcome(
  { services, call }: Request,
  answer: Answer,
  { errorName, cause }: Partial<Pick<OutcomeFacts, 'errorName' | 'cause'>> = {},
): Outcome {
  const durationUs = Math.round((services.clock.monotonic() - call.startedAt) * 1000);
  return { answer, status: answer.status, errorName, cause, durationUs };
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
