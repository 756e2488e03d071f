import type { z } from 'zod';
import { type AdminErrorCode, adminErrorSchema } from '../admin/contract/errors.js';
import type { AnswerOf, RequestOf, RequestContent, AdminRoute } from '../admin/contract/route.js';
import { type OperationName, type Routes, routes } from '../admin/contract/routes.js';
import { isErrno } from '../shared/errno.js';
import { CliError, EXIT } from './exit.js';
import { sendOverUnixSocket, type UnixAnswer } from './unix-http.js';
import { messageOf } from '../shared/reason-of.js';

const TIMEOUT_MS = 30_000;
/** Of what takes its time, such as moving ten thousand keys. */
const LONG_TIMEOUT_MS = 1_800_000;

/** The server refused it, or failed. */
export class RefusedError extends CliError {
  readonly code: AdminErrorCode;

  constructor(code: AdminErrorCode, message: string) {
    super(code === 'invalid-request' ? EXIT.usage : EXIT.failed, message);
    this.code = code;
  }
}

/** Speaks to a running server over its admin socket. */
export class AdminClient {
  readonly #socketPath: string;

  /** @param socketPath absolute */
  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  /**
   * Calls one operation of the admin API.
   *
   * @throws CliError for a request that cannot be right, a refusal, a failure, or no server
   */
  async call<Name extends OperationName>(
    name: Name,
    request: RequestOf<Routes[Name]>,
  ): Promise<AnswerOf<Routes[Name]>> {
    return answerOf(routes[name], await this.#send(routes[name], request));
  }

  async #send(route: AdminRoute, request: unknown): Promise<UnixAnswer> {
    const parts = check(route, request);
    try {
      return await sendOverUnixSocket({
        socketPath: this.#socketPath,
        method: route.method,
        target: target(route, parts),
        body: parts.body === undefined ? undefined : JSON.stringify(parts.body),
        timeoutMs: route.isLong === true ? LONG_TIMEOUT_MS : TIMEOUT_MS,
      });
    } catch (error) {
      throw connectionFailure(this.#socketPath, error);
    }
  }
}

/** Before anything is sent, so that a mistyped id is a usage error, with or without a server. */
function check(route: AdminRoute, request: unknown): RequestContent {
  const result = route.request.safeParse(request);
  if (result.success) return result.data;
  const mistakes = result.error.issues.map(
    ({ path, message }) => `${String(path.at(-1))} ${message}`,
  );
  throw new CliError(EXIT.usage, mistakes.join('; '));
}

function target({ path }: AdminRoute, { pathParameters = {}, query = {} }: RequestContent): string {
  const filled = path.replace(/:(\w+)/g, (_, name: string) =>
    encodeURIComponent(pathParameters[name] ?? ''),
  );
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) search.append(name, value);
  }
  return search.size === 0 ? filled : `${filled}?${search.toString()}`;
}

function answerOf<R extends AdminRoute>(route: R, { status, body }: UnixAnswer): AnswerOf<R> {
  const schema: R['answer'] = route.answer;
  if (status === route.status) return understand(schema, body);
  const { code, message } = understand(adminErrorSchema, body);
  throw new RefusedError(code, message);
}

function understand<S extends z.ZodType>(schema: S, body: string): z.output<S> {
  try {
    return schema.parse(JSON.parse(body));
  } catch (error) {
    throw new CliError(
      EXIT.failed,
      'The server answered something unknown. Are the server and this program of one version?',
      { cause: error },
    );
  }
}

function connectionFailure(socketPath: string, error: unknown): CliError {
  if (isErrno(error, 'ENOENT') || isErrno(error, 'ECONNREFUSED')) {
    return new CliError(
      EXIT.noServer,
      `No server answers on ${socketPath}. Start one with "holdfast serve" or "npm start", or say which one is meant with --config, --socket, HOLDFAST_CONFIG or HOLDFAST_STATE_DIR.`,
    );
  }
  if (isErrno(error, 'EACCES')) {
    return new CliError(
      EXIT.failed,
      `This user may not open ${socketPath}. Run the command as the user that the server runs as.`,
      { cause: error },
    );
  }
  const reason = messageOf(error);
  return new CliError(
    EXIT.failed,
    `No answer came on ${socketPath}: ${reason}. What was asked for may have been done.`,
    { cause: error },
  );
}
