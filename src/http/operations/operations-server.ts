import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import express, { type ErrorRequestHandler, type Express } from 'express';
import helmet from 'helmet';
import type { Logger } from '../../observability/logger.js';
import type { Metrics } from '../../observability/metrics.js';
import type { OperationsConfig } from '../config.js';
import { ConnectionSlots } from '../connection-slots.js';
import { listen } from '../listen.js';
import { MAX_HEADERS, problemOfHead } from '../request-head.js';

/** The sources of health, readiness and metrics. */
export interface OperationsPorts {
  readonly config: OperationsConfig;
  /** From SIGTERM to the end. */
  isDraining(): boolean;
  /** Tells whether every listener is open. */
  isServing(): boolean;
  /** The reason why all requests are refused, in a few words; undefined where they are not. */
  refusal(): string | undefined;
  readonly metrics: Pick<Metrics, 'contentType' | 'render'>;
  readonly logger: Logger;
}

const TIMEOUT_MS = 5_000;
const MAX_HEAD_BYTES = 8_192;
/** Probes and scrapers; who has been silent longest makes room for the next. */
export const MAX_OPERATIONS_CONNECTIONS = 16;

/** Probes and metrics, over plain HTTP; on loopback unless configured otherwise. */
export class OperationsServer {
  readonly #config: OperationsConfig;
  readonly #server: Server;

  constructor(ports: OperationsPorts) {
    this.#config = ports.config;
    const limits = {
      headersTimeout: TIMEOUT_MS,
      requestTimeout: TIMEOUT_MS,
      maxHeaderSize: MAX_HEAD_BYTES,
      // Node's own answer has no text; `problemOfHead` has.
      requireHostHeader: false,
    };
    this.#server = createServer(limits, createOperationsApp(ports));
    this.#server.maxHeadersCount = MAX_HEADERS + 1;
    admitByRule(this.#server);
  }

  /** Rejects when the address cannot be had, with the system's error. */
  listen(): Promise<AddressInfo> {
    return listen(this.#server, this.#config);
  }

  /** Closed last, so that probes see the process drain. */
  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

function createOperationsApp(ports: OperationsPorts): Express {
  const app = express();
  app.set('env', 'production');
  app.disable('x-powered-by');
  app.set('query parser', false);
  app.use(helmet());
  app.use((request, response, next) => {
    const problem = problemOfHead(request);
    if (problem === undefined && !ports.isDraining()) {
      next();
      return;
    }
    // Whoever stays connected would be cut off in the middle of a later request.
    response.set('Connection', 'close');
    if (problem === undefined) next();
    else response.status(400).type('text/plain').send(`${problem}\n`);
  });
  app.get('/ping', (_request, response) => {
    const draining = ports.isDraining();
    response.status(draining ? 503 : 200).type('text/plain');
    response.send(draining ? 'draining\n' : 'pong\n');
  });
  app.get('/livez', (_request, response) => {
    response.type('text/plain').send('alive\n');
  });
  app.get('/readyz', (_request, response) => {
    const state = stateOf(ports);
    response.status(state === 'ready' ? 200 : 503).type('text/plain');
    response.send(`${state}\n`);
  });
  app.get('/metrics', async (_request, response) => {
    const text = await ports.metrics.render();
    if (ports.isDraining()) response.set('Connection', 'close');
    response.type(ports.metrics.contentType).send(text);
  });
  app.use((_request, response) => {
    response.status(404).type('text/plain').send('not found\n');
  });
  app.use(reportFailure(ports.logger));
  return app;
}

/** A probe or a scraper shows nothing that a stranger could not: the oldest goes. */
function admitByRule(server: Server): void {
  const limits = { maxConnections: MAX_OPERATIONS_CONNECTIONS };
  const slots = new ConnectionSlots(limits, () => undefined);
  server.prependListener('connection', (socket: Socket) => {
    slots.admit(socket);
  });
  server.on('request', ({ socket }: IncomingMessage) => {
    slots.noteSpeaking(socket);
  });
}

function stateOf(ports: OperationsPorts): string {
  if (ports.isDraining()) return 'draining';
  if (!ports.isServing()) return 'starting';
  return ports.refusal() ?? 'ready';
}

function reportFailure(logger: Logger): ErrorRequestHandler {
  // Express knows an error handler by its four parameters.
  return (error: unknown, request, response, _next) => {
    logger.error({ err: error, path: request.path }, 'a probe failed');
    response.status(500).type('text/plain').send('failed\n');
  };
}
