import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '../../observability/logger.js';
import type { Answer, Handle } from '../../pipeline/call.js';
import { invariant } from '../../shared/assert.js';
import type { Clock } from '../../shared/clock.js';
import { errorBody } from '../../xks/errors.js';
import type { Connection, Connections } from './connection.js';
import { NodeCall } from './incoming-call.js';
import type { OwnAuthorities } from './own-authorities.js';
import { type Authorities, type OriginForm, problemOfHead, toOriginForm } from '../request-head.js';
import { SECURITY_HEADERS } from './security-headers.js';
import type { TurnEnd } from './turn-end.js';
import { writeAnswer } from './write-answer.js';

/** The parts of a request server. */
export interface ServingPorts {
  readonly handle: Handle;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly connections: Connections;
  readonly authenticatedIdleMs: number;
  readonly scheme: Authorities['scheme'];
  readonly turnEnd: TurnEnd;
}

const DEFECT: Answer = {
  status: 500,
  body: errorBody('InternalException', 'The proxy failed.'),
};

/** Carries requests from Node to the pipeline and answers back. */
export class RequestServer {
  readonly #ports: ServingPorts;
  readonly #waiting = new WeakSet<IncomingMessage>();
  #decided: Decided[] = [];
  /** While true, every answer asks the client to close, and `/ping` says so to load balancers. */
  draining = false;
  /** Connections that were accepted before this era close after their next answer. */
  oldestEra = 0;
  /** The hosts and addresses that the listener answers to. */
  authorities: OwnAuthorities;

  constructor(ports: ServingPorts, authorities: OwnAuthorities) {
    this.#ports = ports;
    this.authorities = authorities;
  }

  /** True for a connection that may stay open after its next answer. */
  mayKeepOpen({ era }: Connection): boolean {
    return !this.draining && era >= this.oldestEra;
  }

  /** The client sends its body only when told to go on. */
  expectContinue(request: IncomingMessage): void {
    this.#waiting.add(request);
  }

  serve(request: IncomingMessage, response: ServerResponse): void {
    const connection = this.#ports.connections.of(request.socket);
    invariant(connection !== undefined, 'a request comes in by a connection that was opened');
    connection.begin(response);
    const problem = problemOfHead(request);
    const exchange = { connection, request, response };
    if (problem !== undefined) {
      // What follows such a head cannot be trusted to be what it seems.
      this.#write(
        exchange,
        { status: 400, body: errorBody('ValidationException', problem) },
        false,
      );
      return;
    }
    const origin = this.#originOf(request, connection);
    if (origin.target === '/ping' && (request.method === 'GET' || request.method === 'HEAD')) {
      answerPing(response, this.draining);
      connection.door.shut();
      connection.answered(response.statusCode);
    } else {
      void this.#answer(exchange, origin);
    }
  }

  #originOf(request: IncomingMessage, connection: Connection): OriginForm {
    return toOriginForm(request.url ?? '', request.rawHeaders, {
      scheme: this.#ports.scheme,
      isOurs: (host) => this.authorities(host, connection),
    });
  }

  async #answer(exchange: Exchange, origin: OriginForm): Promise<void> {
    const { clock, authenticatedIdleMs, handle, turnEnd } = this.#ports;
    const { connection, request, response } = exchange;
    try {
      const call = new NodeCall(request, response, {
        connection,
        origin,
        startedAt: clock.monotonic(),
        authenticatedIdleMs,
        expectsContinue: this.#waiting.has(request),
        turnEnd,
        clock,
      });
      const decided = handle(call);
      // Nobody will look at the body, so nobody parses it, however late the answer.
      if (!call.isBodyRead) connection.door.shut();
      this.#send({ exchange, answer: await decided, mayStay: call.isBodyRead });
    } catch (error) {
      this.#fail(exchange, error);
    }
  }

  /**
   * Writes together what is decided together: each write by itself would find the kernel's code
   * gone from the processor's caches and its receiver asleep, which costs more than a signature.
   */
  #send(decided: Decided): void {
    this.#decided.push(decided);
    if (this.#decided.length > 1) return;
    process.nextTick(() => {
      const together = this.#decided;
      this.#decided = [];
      for (const { exchange, answer, mayStay } of together) {
        try {
          this.#write(exchange, answer, mayStay);
        } catch (error) {
          this.#fail(exchange, error);
        }
      }
    });
  }

  #fail(exchange: Exchange, error: unknown): void {
    this.#ports.logger.error({ err: error }, 'a request failed beyond the pipeline');
    if (exchange.response.headersSent) {
      exchange.response.destroy();
      exchange.connection.answered(DEFECT.status);
    } else this.#write(exchange, DEFECT, false);
  }

  /** @param mayStay whether the connection may serve another request */
  #write({ connection, request, response }: Exchange, answer: Answer, mayStay: boolean): void {
    if (!this.mayKeepOpen(connection) || !mayStay) response.shouldKeepAlive = false;
    if (!mayStay) connection.door.shut();
    writeAnswer(request, response, answer, connection.door);
    connection.answered(answer.status);
  }
}

/** A request, the answer to it, and the connection of both. */
interface Exchange {
  readonly connection: Connection;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** An answer that is to be written. */
interface Decided {
  readonly exchange: Exchange;
  readonly answer: Answer;
  /** Whether the connection may serve another request. */
  readonly mayStay: boolean;
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
