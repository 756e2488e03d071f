import { type IncomingMessage, request as httpRequest } from 'node:http';

/** A request over a Unix socket. */
export interface UnixRequest {
  readonly socketPath: string;
  readonly method: string;
  /** Path and query, encoded. */
  readonly target: string;
  /** JSON; absent for none. */
  readonly body: string | undefined;
  readonly timeoutMs: number;
}

/** An HTTP answer from a Unix domain socket. */
export interface UnixAnswer {
  readonly status: number | undefined;
  readonly body: string;
}

/**
 * Sends one request over a connection of its own.
 *
 * @throws the system's error (ENOENT, ECONNREFUSED, EACCES …), or one named `TimeoutError`
 */
export async function sendOverUnixSocket(request: UnixRequest): Promise<UnixAnswer> {
  // Not the request's own `signal`: that would tell of a plain abort instead of the timeout.
  const signal = AbortSignal.timeout(request.timeoutMs);
  const response = await respondTo(request, signal);
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode, body: Buffer.concat(chunks).toString() };
}

function respondTo(request: UnixRequest, signal: AbortSignal): Promise<IncomingMessage> {
  const { socketPath, method, target, body } = request;
  return new Promise((resolve, reject) => {
    const sent = httpRequest({
      socketPath,
      method,
      path: target,
      agent: false,
      headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
    });
    signal.addEventListener('abort', () => sent.destroy(signal.reason as Error), { once: true });
    sent.once('error', reject);
    sent.once('response', resolve);
    sent.end(body);
  });
}
