import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Agent, type AgentOptions, request } from 'node:https';
import { buffer } from 'node:stream/consumers';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import type { HoldfastServer } from './holdfast-server.js';
import { type Body, type Credential, type Signing, signedHeaders } from './xks-requests.js';

/** An answer as it came. */
export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The body decoded; `undefined` for one that does not say it is JSON. */
  readonly json: Record<string, unknown> | undefined;
}

/** How a call differs from one that KMS would make. */
export interface CallOverrides extends Partial<Omit<Signing, 'body' | 'path'>> {
  readonly uriPath?: string;
  /** Sent in place of, or beside, the signed ones. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Where a client sends its requests. */
export type Endpoint = Pick<HoldfastServer, 'ca' | 'uriPath' | 'credential'> & {
  readonly port: number;
};

/** A client of a key store that signs as KMS does and keeps its connection. */
export class XksClient {
  readonly #endpoint: Endpoint;
  readonly #agent: Agent;

  /** @param options of its connections, such as a client certificate or the address to be at */
  constructor(endpoint: Endpoint, options: AgentOptions = {}) {
    this.#endpoint = endpoint;
    this.#agent = new Agent({ keepAlive: true, maxSockets: 1, ca: endpoint.ca, ...options });
  }

  get host(): string {
    return `localhost:${this.#endpoint.port}`;
  }

  get credential(): Credential {
    return this.#endpoint.credential;
  }

  /** @param operation the path after the key store's, such as `health` or `keys/id/encrypt` */
  async call(
    operation: string,
    body: Body | string | Buffer,
    overrides: CallOverrides = {},
  ): Promise<Reply> {
    const { uriPath = this.#endpoint.uriPath, headers, ...signing } = overrides;
    const path = `${uriPath}/${operation}`;
    const bytes = toBytes(body);
    const { host, credential } = this;
    const signed = signedHeaders({ host, credential, ...signing, path, body: bytes });
    return this.send(signing.method ?? 'POST', path, { ...signed, ...headers }, bytes);
  }

  /** Sends a request as it is given. */
  async send(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body: Buffer,
  ): Promise<Reply> {
    const { port } = this.#endpoint;
    const options = { host: '127.0.0.1', servername: 'localhost', port, agent: this.#agent };
    const sent = request({ ...options, method, path, headers });
    sent.end(body);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const text = (await buffer(response)).toString();
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      body: text,
      json:
        response.headers['content-type'] === 'application/json'
          ? (JSON.parse(text) as Record<string, unknown>)
          : undefined,
    };
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** JSON for an object; everything else as it is. */
function toBytes(body: Body | string | Buffer): Buffer {
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

/** A finished handshake with the server. */
export async function openTls(
  { ca, port }: Pick<Endpoint, 'ca' | 'port'>,
  options: ConnectionOptions = {},
): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', servername: 'localhost', port, ca, ...options });
  await once(socket, 'secureConnect');
  return socket;
}

const EXCHANGE_TIMEOUT_MS = 15_000;

/** What came back, and whether the server closed the connection by itself. */
export interface Exchange {
  readonly received: string;
  readonly closed: boolean;
}

/**
 * Writes bytes on a connection of their own and reads until the server closes it, or until as
 * many answers have come as are expected.
 *
 * @param answers after which to stop; default: read until the connection closes
 */
export async function exchange(
  endpoint: Pick<Endpoint, 'ca' | 'port'>,
  bytes: string | Buffer,
  answers = Infinity,
): Promise<Exchange> {
  const socket = await openTls(endpoint);
  let received = '';
  let closed = false;
  const done = new Promise<void>((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
      if (countAnswers(received) >= answers) resolve();
    });
    // A reset is how a server closes that has unread bytes of ours.
    socket.on('error', () => {
      closed = true;
    });
    socket.on('close', () => {
      closed = true;
      resolve();
    });
    socket.setTimeout(EXCHANGE_TIMEOUT_MS, resolve);
  });
  socket.write(bytes);
  await done;
  socket.destroy();
  return { received, closed };
}

/** Answers that are complete, by their declared length. */
function countAnswers(received: string): number {
  let count = 0;
  let rest = received;
  for (;;) {
    const head = /^HTTP\/1\.[01] [\s\S]*?\r\n\r\n/.exec(rest)?.[0];
    if (head === undefined) return count;
    const end = head.length + Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
    if (rest.length < end) return count;
    rest = rest.slice(end);
    count += 1;
  }
}
