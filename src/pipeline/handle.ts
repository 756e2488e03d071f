import { KeyManagerError } from '../key-managers/backend.js';
import { newRequestRecord, type RequestRecord } from '../observability/request-record.js';
import { Deadline } from '../shared/deadline.js';
import { SignatureError } from '../sigv4/failure.js';
import { errorBody, XksError } from '../xks/errors.js';
import { type Answer, BodyTooLateError, type Handle } from './call.js';
import type { PipelineServices, Received, RequestAudit } from './context.js';
import { MethodNotAllowedError, toXksError } from './failure.js';
import { authenticate } from './stages/authenticate.js';
import { findKey } from './stages/find-key.js';
import { operate } from './stages/operate.js';
import { parse } from './stages/parse.js';
import { reportHealth } from './stages/report-health.js';
import { route } from './stages/route.js';
import { TracedCall } from './traced-call.js';

/**
 * The way of every request, from its bytes to its answer. Nobody learns which keys exist without
 * a valid signature: the path comes first, then authentication, then everything else. And nobody
 * gets an answer that the audit log does not know of.
 */
export function createHandle(services: PipelineServices): Handle {
  return async (call) => {
    const record = newRequestRecord(call);
    const deadline = new Deadline(services.clock, call.startedAt, services.deadlineMs);
    const received = { call, trace: new TracedCall(deadline, record) };
    let answer = noted(services, received, await decide(services, received));
    if (services.audit !== undefined) {
      const withheld = await audit(services, received, services.audit);
      if (withheld !== undefined) answer = noted(services, received, withheld);
    }
    services.observe(record);
    return answer;
  };
}

async function decide(services: PipelineServices, received: Received): Promise<Answer> {
  try {
    const body = await serve(services, received);
    return { status: 200, body: JSON.stringify(body) };
  } catch (error) {
    return failure(services, received.trace.record, error);
  }
}

/** Each stage tells what it has found out, and the next one gets what it needs of that. */
async function serve(services: PipelineServices, received: Received): Promise<object> {
  const { call, trace } = received;
  const { record } = trace;
  const { keyStore, target } = route(services, call, record);
  const bytes = await call.readBody(services.maxBodyBytes);
  const body = authenticate(keyStore, call, bytes, record);
  const isLate = trace.deadline.hasPassed();
  if (target.about === 'key-store') {
    const request = parse(target.operation, body, record);
    if (isLate) throw new BodyTooLateError();
    return reportHealth(services, keyStore, request, trace.deadline);
  }
  const request = parse(target.operation, body, record);
  // KMS has given up, so nobody would see what the key is used for.
  if (isLate) throw new BodyTooLateError();
  services.audit?.assertRecording();
  const description = await findKey(keyStore, target.externalKeyId, trace);
  return await operate(description, { operation: target.operation, request, keyStore, trace });
}

/** @returns the answer to give instead, where the request could not be recorded */
async function audit(
  services: PipelineServices,
  { call, trace: { record, deadline } }: Received,
  trail: RequestAudit,
): Promise<Answer | undefined> {
  try {
    const sequence = await trail.recordRequest(record, deadline);
    if (sequence !== undefined && call.isAbandoned()) {
      const { kmsRequestId } = record;
      trail.recordAbandoned({ record: sequence, kmsRequestId, reason: 'client-gone' });
    }
    return undefined;
  } catch (error) {
    return failure(services, record, error);
  }
}

function noted({ clock }: PipelineServices, { call, trace }: Received, answer: Answer): Answer {
  trace.record.status = answer.status;
  trace.record.durationUs = Math.round((clock.monotonic() - call.startedAt) * 1000);
  return answer;
}

function failure(services: PipelineServices, record: RequestRecord, error: unknown): Answer {
  if (error instanceof MethodNotAllowedError) {
    record.cause = 'method-not-allowed';
    return { status: 405, body: '', headers: ['allow', 'POST'] };
  }
  const xksError = toXksError(error, record.operation) ?? defect(error);
  if (hasMoreToTell(error)) services.reportFailure(error, record);
  record.errorName = xksError.errorName;
  if (error instanceof SignatureError) {
    record.authenticationFailure = error.failure;
    record.accessKeyId = error.accessKeyId;
    record.cause = error.detail;
  } else {
    record.cause = xksError.reason ?? xksError.message;
  }
  const body = errorBody(xksError.errorName, xksError.message);
  return { status: xksError.status, body };
}

/** A cause does not fit into the record, and without it nobody could say why a key manager failed. */
function hasMoreToTell(error: unknown): boolean {
  if (error instanceof KeyManagerError) return error.cause !== undefined;
  return toXksError(error) === undefined;
}

function defect(error: unknown): XksError {
  return new XksError('InternalException', 'The proxy failed.', { reason: 'defect', cause: error });
}
