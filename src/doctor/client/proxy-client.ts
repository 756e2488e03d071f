import { once } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import type { ConnectionOptions } from 'node:tls';
import { type Answer, jsonObjectOf, NoAnswer, type RecordedAnswer } from './answer.js';
import type { Body } from './bodies.js';
import { type Endpoint, hostHeader } from './endpoint.js';
import { familyOf, serverName } from './tls-connection.js';
import { type Signing, signedHeaders } from './signing.js';

/** The difference between a call and one that KMS would make. */
export interface CallOverrides extends Partial<Omit<Signing, 'body' | 'path'>> {
  readonly uriPath?: string;
  /** Path of the request, in place of the signed one. */
  readonly sentPath?: string;
  /** Body of the request, in place of the signed one. */
  readonly sentBody?: string;
  /** Headers to send in place of the signed ones, or beside them; or what makes them of those. */
  readonly headers?: Headers | ((signed: Readonly<Record<string, string>>) => Headers);
}

type Headers = Readonly<Record<string, string | readonly string[]>>;

/** Settings of a client. */
export interface ClientSettings {
  /** Of its connections, such as the versions to offer. */
  readonly tls?: ConnectionOptions;
  readonly connections?: number;
}

/** Eight times what KMS waits: what takes longer is told as no answer. */
const TIMEOUT_MS = 2_000;
/** More than any answer of the API has. */
const MAX_BODY_BYTES = 1_048_576;

/**
 * A client of a key store that signs as KMS does and keeps its connections. Certificates are judged
 * elsewhere: here every one is taken, so that one fault does not hide the others.
 */
export class ProxyClient {
  readonly #endpoint: Endpoint;
  readonly #agent: Agent;
  readonly #record: RecordedAnswer[];

  /** @param record takes every answer */
  constructor(endpoint: Endpoint, record: RecordedAnswer[], settings: ClientSettings = {}) {
    const { tls = {}, connections = 1 } = settings;
    this.#endpoint = endpoint;
    this.#record = record;
    const own: ConnectionOptions = { rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] };
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections, ...own, ...tls });
  }

  /**
   * Makes a signed call.
   *
   * @param operation the path after the key store's, such as `health` or `keys/id/encrypt`
   * @throws NoAnswer
   */
  async call(
    operation: string,
    body: Body | string,
    overrides: CallOverrides = {},
  ): Promise<Answer> {
    const { uriPath = this.#endpoint.uriPath, headers, sentPath, sentBody, ...rest } = overrides;
    const path = `${uriPath}/${operation}`;
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const { credential, region } = this.#endpoint;
    const own = { host: hostHeader(this.#endpoint), credential, region };
    const signed = signedHeaders({ ...own, ...rest, path, body: text });
    const sent = Buffer.from(sentBody ?? text);
    const sized = { ...signed, 'Content-Length': String(sent.length) };
    const all = typeof headers === 'function' ? headers(sized) : { ...sized, ...headers };
    return this.send(rest.method ?? 'POST', sentPath ?? path, all, sent);
  }

  /** Sends a request as it is given. @throws NoAnswer */
  async send(method: string, path: string, headers: Headers, body: Buffer): Promise<Answer> {
    for (let attempt = 1; ; attempt += 1) {
      const beganAt = performance.now();
      const sent = this.#begin(method, path, headers);
      try {
        sent.end(body);
        const answer = await answerTo(sent, beganAt);
        this.#record.push({ ...answer, request: `${method} ${path}`, isPost: method === 'POST' });
        return answer;
      } catch (error) {
        // A server may close a kept connection at any moment, and a client then asks anew.
        if (sent.reusedSocket && attempt === 1 && isReset(error)) continue;
        throw new NoAnswer(`no answer to ${method} ${path}: ${whyNot(error)}`, { cause: error });
      }
    }
  }

  /** Ends its connections. */
  close(): void {
    this.#agent.destroy();
  }

  #begin(method: string, path: string, headers: Headers): ClientRequest {
    const { host, port, address, connectPort } = this.#endpoint;
    return request({
      host: address ?? host,
      servername: serverName(host),
      port: connectPort ?? port,
      family: familyOf(this.#endpoint),
      agent: this.#agent,
      method,
      path,
      headers: { Host: hostHeader(this.#endpoint), ...mutable(headers) },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  }
}

async function answerTo(sent: ClientRequest, beganAt: number): Promise<Answer> {
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const body = await bodyOf(response);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body,
    json: jsonObjectOf(body),
    tookMs: performance.now() - beganAt,
    isReused: sent.reusedSocket,
  };
}

/** Node wants lists that it could change. */
function mutable(headers: Headers): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : [...value],
    ]),
  );
}

/** Reads a body, as far as an answer may be long. */
async function bodyOf(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of response as AsyncIterable<Buffer>) {
    parts.push(part);
    bytes += part.length;
    if (bytes > MAX_BODY_BYTES) throw new Error(`the body is longer than ${MAX_BODY_BYTES} bytes`);
  }
  return Buffer.concat(parts).toString();
}

function whyNot(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isLate = error.name === 'AbortError' || error.name === 'TimeoutError';
  return isLate ? `none within ${TIMEOUT_MS} ms` : error.message;
}

function isReset(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ECONNRESET';
}
