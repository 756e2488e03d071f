import { Pool } from 'undici';
import { KeyManagerError } from '../backend.js';
import type { VaultAnswer } from './answer.js';
import { Exchange } from './exchange.js';

/** Less than the 5 minutes after which the server closes an idle connection. */
const KEEP_ALIVE_MS = 240_000;
/** Requests for each connection, waiting ones included; more would not be answered in time. */
const MAX_PENDING_A_CONNECTION = 8;

/** Certificates and key as PEM texts. Without roots, Node's own are used. */
export interface TlsIdentity {
  readonly roots?: readonly string[];
  readonly clientCertificate?: string;
  readonly clientKey?: string;
}

/** Settings of the connections to one server. */
export interface HttpClientPorts {
  readonly address: string;
  readonly tls: TlsIdentity;
  readonly maxConnections: number;
  readonly connectTimeoutMs: number;
}

/** A request to the API; `headers` are names and values, alternating. */
export interface VaultRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Path below `/v1/`. */
  readonly path: string;
  readonly headers: readonly string[];
  readonly body?: string;
}

/** HTTP/1.1 client of one server, with kept-alive connections. It follows no redirect. */
export class HttpClient {
  readonly #pool: Pool;
  readonly #maxPending: number;
  #pending = 0;

  constructor({ address, tls, maxConnections, connectTimeoutMs }: HttpClientPorts) {
    this.#maxPending = maxConnections * MAX_PENDING_A_CONNECTION;
    this.#pool = new Pool(address, {
      connections: maxConnections,
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      // An exchange keeps its time itself.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: {
        timeout: connectTimeoutMs,
        ...(tls.roots === undefined ? {} : { ca: [...tls.roots] }),
        ...(tls.clientCertificate === undefined ? {} : { cert: tls.clientCertificate }),
        ...(tls.clientKey === undefined ? {} : { key: tls.clientKey }),
      },
    });
  }

  /**
   * Sends a request.
   *
   * @param timeoutMs time from now to the last byte of the answer
   * @returns the answer, with any status
   * @throws KeyManagerError `unreachable`, `misconfigured` (TLS), `overloaded`, `deadline`
   */
  async send(request: VaultRequest, timeoutMs: number): Promise<VaultAnswer> {
    if (timeoutMs <= 0) throw new KeyManagerError('deadline', 'no time is left for the server');
    if (this.#pending >= this.#maxPending) {
      throw new KeyManagerError('overloaded', 'too many requests wait for this server');
    }
    const { method, path, headers, body = null } = request;
    const exchange = new Exchange(timeoutMs, () => {
      this.#pending -= 1;
    });
    this.#pending += 1;
    this.#pool.dispatch({ method, path: `/v1/${path}`, headers: [...headers], body }, exchange);
    const answer = await exchange.answer;
    return answer.status < 300 ? answer : { ...answer, request };
  }

  /** Closes every connection; requests under way fail. */
  async close(): Promise<void> {
    await this.#pool.destroy();
  }
}
