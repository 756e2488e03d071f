import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { KmsException } from '../exceptions.js';
import type { FaultSwitch } from '../towards-proxy/faults.js';
import { parseBody, readBody } from './body.js';
import type { KmsApi } from './kms-api.js';

const LOOPBACK = '127.0.0.1';
const FORBIDDEN = 403;
/** Names of this machine to itself. A page whose name in DNS leads here comes with that name. */
const OWN_HOST = /^(127\.0\.0\.1|localhost)(:\d+)?$/i;
/** Longer than SDKs keep a connection that nobody uses, so that they close it, not the server. */
const KEEP_ALIVE_MS = 65_000;

/** The requests that nobody has to sign. */
const BESIDE: ReadonlySet<string> = new Set([
  'GET /metrics',
  'GET /faults',
  'PUT /faults',
  'POST /cloudtrail/deliver',
]);

/** The ports of the server. */
export interface SimulatorServerPorts {
  readonly api: KmsApi;
  readonly faults: FaultSwitch;
  readonly metrics: { text(): Promise<string> };
  readonly cloudTrail: { deliver(): Promise<void> };
  readonly onError: (error: unknown) => void;
}

/**
 * The HTTP server of the simulator, on the loopback address: the API of KMS, and beside it what
 * AWS has elsewhere (metrics, CloudTrail) or not at all (faults).
 */
export class SimulatorServer {
  readonly #ports: SimulatorServerPorts;
  readonly #server: Server;

  constructor(ports: SimulatorServerPorts) {
    this.#ports = ports;
    this.#server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
      this.#serve(request, response).catch((error: unknown) => {
        ports.onError(error);
        response.destroy();
      });
    });
  }

  /** @param port 0 for a free one. @returns the port. @throws the error of listen(2) */
  async listen(port: number): Promise<number> {
    this.#server.listen(port, LOOPBACK);
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends once the calls under way are answered. */
  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeIdleConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = `${request.method ?? ''} ${request.url ?? ''}`;
    if (BESIDE.has(asked) && isOfBrowser(request)) {
      const message = 'Ask without an Origin, and with 127.0.0.1 or localhost as the Host.';
      sendJson(response, FORBIDDEN, { message });
      return;
    }
    switch (asked) {
      case 'GET /metrics':
        sendText(response, await this.#ports.metrics.text());
        return;
      case 'GET /faults':
        sendJson(response, 200, this.#ports.faults.inForce);
        return;
      case 'PUT /faults':
        await this.#setFaults(request, response);
        return;
      case 'POST /cloudtrail/deliver':
        await this.#ports.cloudTrail.deliver();
        sendJson(response, 200, {});
        return;
      default:
        await this.#ports.api.answer(request, response);
    }
  }

  async #setFaults(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const settings = parseBody(await readBody(request));
      sendJson(response, 200, this.#ports.faults.set(settings));
    } catch (error) {
      if (error instanceof z.ZodError) sendJson(response, 400, { message: z.prettifyError(error) });
      else if (error instanceof KmsException) sendJson(response, 400, { message: error.name });
      else throw error;
    }
  }
}

/** Tells whether a page in a browser may have sent a request, by DNS rebinding as well. */
function isOfBrowser({ headers }: IncomingMessage): boolean {
  return headers.origin !== undefined || !OWN_HOST.test(headers.host ?? '');
}

function sendJson(response: ServerResponse, status: number, value: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
}

function sendText(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text);
}
