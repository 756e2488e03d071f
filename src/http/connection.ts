import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ClientIdentity } from './client-certificates.js';

/**
 * A stranger's connection ends after so many times the idleness that is allowed, busy or not: a
 * few bytes now and then would keep it for ever, and there are only so many connections.
 */
const LIFETIME_IN_IDLE_TIMES = 3;

/** What is known of a client's connection for as long as it lasts. */
export class Connection {
  /** Kept, because a socket forgets it when it closes. */
  readonly clientAddress: string;
  /** Who its certificate says that it is; absent without mutual TLS. */
  readonly client: ClientIdentity | undefined;
  readonly #socket: Socket;
  /** Running until the connection has made an authenticated request. */
  #expiry: NodeJS.Timeout | undefined;
  #unanswered = 0;
  #latest: ServerResponse | undefined;

  /** @param lifetimeMs how long it may last before it has made an authenticated request */
  constructor(socket: Socket, client: ClientIdentity | undefined, lifetimeMs: number) {
    this.clientAddress = socket.remoteAddress ?? 'unknown';
    this.client = client;
    this.#socket = socket;
    this.#expiry = setTimeout(() => socket.destroy(), lifetimeMs);
    socket.once('close', () => {
      clearTimeout(this.#expiry);
    });
  }

  /** @param idleMs how long the connection may be idle from now on */
  markAuthenticated(idleMs: number): void {
    if (this.#expiry === undefined) return;
    clearTimeout(this.#expiry);
    this.#expiry = undefined;
    this.#socket.setTimeout(idleMs);
  }

  /** A request has begun. */
  begin(response: ServerResponse): void {
    this.#unanswered += 1;
    this.#latest = response;
  }

  /** Its answer was given to Node, which sends answers in the order of the requests. */
  answered(): void {
    this.#unanswered -= 1;
  }

  /**
   * Whether what is written straight to the socket, past Node's order, would be taken for the
   * answer to the request it is about and not for that to an earlier one.
   */
  mayWritePastOrder(): boolean {
    const latest = this.#latest;
    if (!this.#socket.writable) return false;
    if (latest === undefined || (latest.writableFinished && latest.req.complete)) return true;
    return !latest.req.complete && !latest.headersSent && this.#unanswered === 1;
  }
}

/** The connections of a listener. */
export class Connections {
  readonly #known = new WeakMap<Duplex, Connection>();

  /**
   * @param idleMs how long it may be idle before it has made an authenticated request
   * @param client absent without mutual TLS
   */
  open(socket: Socket, idleMs: number, client?: ClientIdentity): void {
    const lifetimeMs = LIFETIME_IN_IDLE_TIMES * idleMs;
    this.#known.set(socket, new Connection(socket, client, lifetimeMs));
    socket.setTimeout(idleMs);
  }

  /** @returns `undefined` for a connection that never came as far as HTTP */
  of(socket: Duplex): Connection | undefined {
    return this.#known.get(socket);
  }
}
