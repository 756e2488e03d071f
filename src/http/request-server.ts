import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '../observability/logger.js';
import type { Answer, Handle } from '../pipeline/call.js';
import { invariant } from '../shared/assert.js';
import type { Clock } from '../shared/clock.js';
import { errorBody } from '../xks/errors.js';
import type { Connection, Connections } from './connection.js';
import { NodeCall } from './incoming-call.js';
import { SECURITY_HEADERS } from './security-headers.js';
import { writeAnswer } from './write-answer.js';

/** What requests are served with. */
export interface ServingParts {
  readonly handle: Handle;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly connections: Connections;
  readonly authenticatedIdleMs: number;
}

const DEFECT: Answer = {
  status: 500,
  body: errorBody('InternalException', 'The proxy failed.'),
};

/** Carries requests from Node to the pipeline and answers back. */
export class RequestServer {
  readonly #parts: ServingParts;
  readonly #waiting = new WeakSet<IncomingMessage>();
  /** While true, every answer asks the client to close, and `/ping` says so to load balancers. */
  draining = false;

  constructor(parts: ServingParts) {
    this.#parts = parts;
  }

  /** The client sends its body only when told to go on. */
  expectContinue(request: IncomingMessage): void {
    this.#waiting.add(request);
  }

  serve(request: IncomingMessage, response: ServerResponse): void {
    const connection = this.#parts.connections.of(request.socket);
    invariant(connection !== undefined, 'a request comes in by a connection that was opened');
    connection.begin(response);
    if (this.draining) response.shouldKeepAlive = false;
    if (request.url === '/ping' && (request.method === 'GET' || request.method === 'HEAD')) {
      answerPing(response, this.draining);
      connection.answered();
    } else {
      void this.#answer(connection, request, response);
    }
  }

  async #answer(
    connection: Connection,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const { clock, authenticatedIdleMs, handle, logger } = this.#parts;
    try {
      const call = new NodeCall(request, response, {
        connection,
        startedAt: clock.monotonic(),
        authenticatedIdleMs,
        expectsContinue: this.#waiting.has(request),
      });
      const answer = await handle(call);
      if (!call.isBodyRead) response.shouldKeepAlive = false;
      writeAnswer(request, response, answer);
    } catch (error) {
      logger.error({ err: error }, 'a request failed beyond the pipeline');
      if (response.headersSent) response.destroy();
      else writeAnswer(request, response, DEFECT);
    }
    connection.answered();
  }
}

/** Nobody who pings needs the connection again, and what a body may follow is not looked at. */
function answerPing(response: ServerResponse, draining: boolean): void {
  const text = draining ? 'draining\n' : 'pong\n';
  response.shouldKeepAlive = false;
  response.writeHead(draining ? 503 : 200, [
    ...SECURITY_HEADERS,
    ...['content-type', 'text/plain', 'content-length', String(text.length)],
  ]);
  response.end(text);
}
