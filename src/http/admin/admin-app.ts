import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import helmet from 'helmet';
import type { Socket } from 'node:net';
import { z } from 'zod';
import { AdminError } from '../../admin/admin-error.js';
import type { Administrator } from '../../admin/administrator.js';
import { ADMIN_ERROR_STATUS, type AdminErrorCode } from '../../admin/contract/errors.js';
import type { AdminRoute, RequestContent, RequestOf } from '../../admin/contract/route.js';
import { type OperationName, type Routes, routes } from '../../admin/contract/routes.js';
import type { AdminOperations } from '../../admin/operations/index.js';
import { AuditUnavailableError } from '../../audit/trail/errors.js';
import type { OperatorLog } from '../../shared/operator-log.js';
import { problemOfHead } from '../request-head.js';

const MAX_BODY_BYTES = 65_536;
/** Of a field of a request; the longest valid one has 128. */
const MAX_LOGGED_CHARACTERS = 300;

/** The log of administrative acts. A pino logger is one. */
export interface AdminLog extends OperatorLog {
  debug(fields: object, message: string): void;
}

/** The evidence of administrative acts: the audit log. */
export interface AdminAudit {
  /** @throws Error when an act could not be recorded, and so must not be done */
  assertRecording(): void;
  /** @throws Error when the act could not be recorded */
  recordAct(act: RecordedAct): Promise<void>;
}

/** An act of an administrator, done or tried. */
export interface RecordedAct {
  readonly act: OperationName;
  readonly administrator: Administrator;
  /**
   * Fields of the request, and of the answer those that tell what was done; none is secret. They
   * are as they were sent where the request is invalid.
   */
  readonly request: Readonly<Record<string, unknown>>;
  readonly errorCode?: AdminErrorCode;
}

/** The places that record an act: the log and, if there is one, the audit log. */
export interface AdminJournals {
  readonly log: AdminLog;
  readonly audit: AdminAudit | undefined;
  /** Says who is on the other end of a connection. Never rejects. */
  readonly identify: (socket: Socket) => Promise<Administrator>;
  /** Keeps all that an operation works with until it has ended, whatever is reloaded meanwhile. */
  readonly hold: <T>(work: () => T | Promise<T>) => Promise<T>;
}

/** Answers a request of the admin API. */
type SendAnswer = (response: Response, status: number, body: object) => void;

/**
 * The admin API. It lets everybody in: whoever can open its Unix socket is an administrator, so it
 * must be served on nothing else.
 *
 * @param isStopping whether the server goes out of service: then every answer ends its connection
 */
export function createAdminApp(
  operations: AdminOperations,
  journals: AdminJournals,
  isStopping: () => boolean,
): Express {
  const app = express();
  app.enable('case sensitive routing').enable('strict routing').disable('etag');
  const answer: SendAnswer = (response, status, body) => {
    // Decided when the answer is there: the act may have begun long before.
    if (isStopping()) response.set('Connection', 'close');
    response.status(status).json(body);
  };
  app.set('json replacer', wellFormed);
  app.use(helmet());
  app.use((_request, response, next) => {
    response.set('Cache-Control', 'no-store');
    next();
  });
  app.use((request, _response, next) => {
    const problem = problemOfHead(request);
    if (problem !== undefined) throw new AdminError('invalid-request', problem);
    next();
  });
  app.use(express.json({ limit: MAX_BODY_BYTES }));
  for (const name of Object.keys(routes) as OperationName[]) {
    const { method, path } = routes[name];
    app[method === 'GET' ? 'get' : 'post'](
      path,
      handlerOf(name, operations[name], journals, answer),
    );
  }
  app.use((request) => {
    throw new AdminError('not-found', `The admin API has no ${request.method} ${request.path}.`);
  });
  app.use(errorHandler(journals.log, answer));
  return app;
}

function handlerOf<Name extends OperationName>(
  name: Name,
  operate: AdminOperations[Name],
  { log, audit, identify, hold }: AdminJournals,
  send: SendAnswer,
): RequestHandler {
  return async (httpRequest, response) => {
    const route: AdminRoute & Routes[Name] = routes[name];
    const administrator = await identify(httpRequest.socket);
    const sent = partsOf(httpRequest);
    const parsed = parse(route, sent);
    // What an operation is not given, it has not done: the record has none of it.
    const told = parsed.success ? parsed.data : sent;
    const act = { act: name, administrator, request: loggedFields(route, told) };
    const operated = () => operate(accepted(parsed), administrator.by);
    const work = () => (route.outlivesGeneration === true ? operated() : hold(operated));
    const answer = await (route.isAct && audit !== undefined ? audited(audit, act, work) : work());
    const { request } = withOutcome(act, answer);
    const fields = { operation: name, request, by: administrator.by };
    if (route.isAct) log.info(fields, 'administrative act');
    else log.debug(fields, 'administrative look-up');
    send(response, route.status, answer);
  };
}

/** Nothing is done that cannot be recorded, and nothing is answered that was not. */
async function audited<T extends object>(
  audit: AdminAudit,
  act: RecordedAct,
  work: () => T | Promise<T>,
): Promise<T> {
  audit.assertRecording();
  let answer: T;
  try {
    answer = await work();
  } catch (error) {
    await audit.recordAct({ ...act, errorCode: toAdminError(error).code });
    throw error;
  }
  await audit.recordAct(withOutcome(act, answer));
  return answer;
}

/** The act with those fields of its answer that tell what was done. */
function withOutcome(act: RecordedAct, answer: object): RecordedAct {
  const { loggedOfAnswer = [] }: AdminRoute = routes[act.act];
  const told = Object.entries(answer).filter(([name]) => loggedOfAnswer.includes(name));
  return { ...act, request: { ...act.request, ...Object.fromEntries(told) } };
}

function parse<R extends AdminRoute>(
  { request }: R,
  sent: LoggedContent,
): z.ZodSafeParseResult<RequestOf<R>> {
  const schema: R['request'] = request;
  return schema.safeParse(sent);
}

/** @throws AdminError `invalid-request` */
function accepted<Content>(parsed: z.ZodSafeParseResult<Content>): Content {
  if (parsed.success) return parsed.data;
  throw new AdminError('invalid-request', z.prettifyError(parsed.error));
}

/** A request as it was sent. */
function partsOf({ params, query, body }: Request) {
  return { pathParameters: params, query, body: body as unknown };
}

/** A request, as it was sent or as its operation is given it. */
type LoggedContent = { readonly [Part in keyof RequestContent]: unknown };

/** Leaves out whatever the route does not name, so that a new field is no secret in the log. */
function loggedFields(
  route: AdminRoute,
  { pathParameters, query, body }: LoggedContent,
): Readonly<Record<string, unknown>> {
  const fields: [string, unknown][] = Object.entries(
    Object.assign({}, pathParameters, query, body),
  );
  return Object.fromEntries(
    fields
      .filter(([name]) => route.logged.includes(name))
      .map(([name, value]) => [name, bounded(value)]),
  );
}

/** An invalid request may have anything in a field, and as much as a body may have. */
function bounded(value: unknown): unknown {
  const json = typeof value === 'string' ? value : JSON.stringify(value);
  return json.length <= MAX_LOGGED_CHARACTERS
    ? value
    : `${json.slice(0, MAX_LOGGED_CHARACTERS)}...`;
}

/** Mends texts that come out of a request: half of a surrogate pair would stop many a reader. */
function wellFormed(_name: string, value: unknown): unknown {
  return typeof value === 'string' ? value.toWellFormed() : value;
}

function errorHandler(log: AdminLog, send: SendAnswer): ErrorRequestHandler {
  // Express tells an error handler by its four parameters.
  return (error: unknown, request, response, _next) => {
    const { code, message } = toAdminError(error);
    const act = { method: request.method, path: request.path, code };
    // What is stored is damaged, not the program: the sentence says it, and a stack would not.
    if (ADMIN_ERROR_STATUS[code] < 500 || code === 'corrupt')
      log.warn({ ...act, reason: message }, 'administrative act refused');
    else log.error({ ...act, err: error }, 'administrative act failed');
    send(response, ADMIN_ERROR_STATUS[code], { code, message });
  };
}

function toAdminError(error: unknown): AdminError {
  if (error instanceof AdminError) return error;
  if (error instanceof AuditUnavailableError) {
    return new AdminError('unavailable', `The audit log cannot be written: ${error.message}.`, {
      cause: error,
    });
  }
  const status = statusOfFramework(error);
  if (status === 413) {
    return new AdminError('too-large', `A body may have ${String(MAX_BODY_BYTES)} bytes.`);
  }
  if (status !== undefined && status < 500) {
    return new AdminError('invalid-request', 'The path or the JSON body is malformed.');
  }
  return new AdminError('internal', 'The server failed; its log says why.', { cause: error });
}

/** Express and its body parser put the status of a client's mistake on the error. */
function statusOfFramework(error: unknown): number | undefined {
  if (!(error instanceof Error && 'status' in error)) return undefined;
  return typeof error.status === 'number' ? error.status : undefined;
}
