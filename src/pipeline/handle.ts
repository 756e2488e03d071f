import { KeyManagerError } from '../key-managers/backend.js';
import { newRequestRecord, type RequestRecord } from '../observability/request-record.js';
import { Deadline } from '../shared/deadline.js';
import { SignatureError } from '../sigv4/failure.js';
import { errorBody, XksError } from '../xks/errors.js';
import type { Answer, Handle } from './call.js';
import type { PipelineServices, Received } from './context.js';
import { MethodNotAllowedError, toXksError } from './failure.js';
import { authenticate } from './stages/authenticate.js';
import { checkStateAndUsage } from './stages/check-state-and-usage.js';
import { execute } from './stages/execute.js';
import { findKey } from './stages/find-key.js';
import { parse } from './stages/parse.js';
import { reportHealth } from './stages/report-health.js';
import { route } from './stages/route.js';

/**
 * The way of every request, from its bytes to its answer. Nobody learns which keys exist without
 * a valid signature: the path comes first, then authentication, then everything else.
 */
export function createHandle(services: PipelineServices): Handle {
  return async (call) => {
    const record = newRequestRecord(call.clientAddress, call.clientCertificateName);
    const deadline = new Deadline(services.clock, call.startedAt, services.deadlineMs);
    let answer: Answer;
    try {
      const body = await serve(services, { call, deadline, record });
      answer = { status: 200, body: JSON.stringify(body) };
    } catch (error) {
      answer = failure(services, record, error);
    }
    record.status = answer.status;
    record.durationUs = Math.round((services.clock.monotonic() - call.startedAt) * 1000);
    services.observe(record);
    return answer;
  };
}

/** Each stage tells what it has found out, and the next one gets what it needs of that. */
async function serve(services: PipelineServices, received: Received): Promise<object> {
  const { call, deadline, record } = received;
  const { keyStore, target } = route(services, call, record);
  const bytes = await call.readBody(services.maxBodyBytes);
  const body = authenticate(keyStore, call, bytes, record);
  if (target.about === 'key-store') {
    const request = parse(target.operation, body, record);
    return reportHealth(services, keyStore, request, deadline);
  }
  const request = parse(target.operation, body, record);
  const description = await findKey(keyStore, target.externalKeyId, deadline);
  checkStateAndUsage(target.operation, request, description);
  return await execute(request, { keyStore, description, deadline, record });
}

function failure(services: PipelineServices, record: RequestRecord, error: unknown): Answer {
  if (error instanceof MethodNotAllowedError) {
    record.cause = 'method-not-allowed';
    return { status: 405, body: '', headers: ['allow', 'POST'] };
  }
  const xksError = toXksError(error) ?? defect(error);
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
