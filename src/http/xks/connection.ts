import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Caller, TOO_MANY_REQUESTS, type TurnedAway } from '../../pipeline/turn-away.js';
import type { ClientIdentity } from '../tls/client-certificates.js';
import { declaredLength } from '../request-head.js';
import { Door, type DoorPorts, type DoorRequests } from './door.js';
import { wholeAnswer } from './whole-answer.js';
import { endsWithBody, type WholeRequest } from './whole-request.js';

/**
 * A stranger's connection ends after so many times the idleness that is allowed, busy or not: a
 * few bytes now and then would keep it for ever, and there are only so many connections.
 */
const LIFETIME_IN_IDLE_TIMES = 3;

/** The answer to a request that is turned away, the same each time. */
const TOO_MANY = Buffer.from(wholeAnswer('429 Too Many Requests', TOO_MANY_REQUESTS, 'keep-alive'));

/** The parts and the callbacks of a connection. */
export interface ConnectionPorts extends DoorPorts {
  /** Its client's certificate; absent without mutual TLS. */
  readonly client: ClientIdentity | undefined;
  /** The era of the entrance in which it was accepted. */
  readonly era: number;
  /** Longest life of a connection that has made no authenticated request. */
  readonly lifetimeMs: number;
  /** Asked whether a request is turned away that there is no time for, before Node sees it. */
  readonly turnAway: (request: WholeRequest, connection: Connection) => TurnedAway;
  /** Told once when it has made an authenticated request. */
  readonly onAuthenticated: () => void;
  /** The head of a request has more lines than a head may have. */
  readonly onTooManyHeaders: () => void;
  /** A head has come in more pieces than a request may have. */
  readonly onTooManyPieces: () => void;
}

/** A client's connection: its addresses, its certificate, its requests, its limits. */
export class Connection implements DoorRequests {
  /** Kept, because a socket forgets it when it closes. */
  readonly clientAddress: string;
  /** The address that it was made to. */
  readonly serverAddress: string;
  /** Identity in the client certificate; absent without mutual TLS. */
  readonly client: ClientIdentity | undefined;
  readonly door: Door;
  readonly #socket: Socket;
  readonly #ports: ConnectionPorts;
  /** Running until the connection has made an authenticated request. */
  #expiry: NodeJS.Timeout | undefined;
  #begun = 0;
  #unanswered = 0;
  #latest: ServerResponse | undefined;
  #turnsNextAway = false;
  #isTurnedAway = false;
  #onExcess: (() => void) | undefined;

  constructor(socket: Socket, ports: ConnectionPorts) {
    this.clientAddress = socket.remoteAddress ?? 'unknown';
    this.serverAddress = socket.localAddress ?? 'unknown';
    this.client = ports.client;
    this.#socket = socket;
    this.#ports = ports;
    this.#expiry = setTimeout(() => socket.destroy(), ports.lifetimeMs);
    socket.once('close', () => {
      clearTimeout(this.#expiry);
    });
    this.door = new Door(socket, ports, this);
    ports.records.watch(socket, () => this.#expiry === undefined);
  }

  /** The client, as a record tells of it. */
  get caller(): Caller {
    const { clientAddress, client } = this;
    return {
      clientAddress,
      clientCertificateName: client?.name,
      clientCertificateSubject: client?.subject,
    };
  }

  get begun(): number {
    return this.#begun;
  }

  get isReceiving(): boolean {
    return this.#latest?.req.complete === false;
  }

  get answering(): number {
    return this.#unanswered - (this.isReceiving ? 1 : 0);
  }

  isEndOfLatest(bytes: Buffer): boolean {
    const request = this.#latest?.req;
    return request?.complete === true && endsWithBody(bytes, declaredLength(request.rawHeaders));
  }

  turnAway(request: WholeRequest): boolean {
    if (this.#isLatestQueued) return false;
    const turned = this.#ports.turnAway(request, this);
    if (turned === 'counted') this.#socket.write(TOO_MANY);
    this.#turnsNextAway = turned === 'to-be-recorded';
    return turned === 'counted';
  }

  /**
   * True while the latest answer waits in Node for those before it to be written, although all are
   * given: what is written past Node now would come before it.
   */
  get #isLatestQueued(): boolean {
    const latest = this.#latest;
    return latest?.socket === null && !latest.writableFinished;
  }

  /** True when the latest request is to be turned away on the ordinary way. */
  get isTurnedAway(): boolean {
    return this.#isTurnedAway;
  }

  /** @param idleMs how long the connection may be idle from now on */
  markAuthenticated(idleMs: number): void {
    if (this.#expiry === undefined) return;
    clearTimeout(this.#expiry);
    this.#expiry = undefined;
    this.#socket.setTimeout(idleMs);
    this.door.trust();
    this.#ports.onAuthenticated();
  }

  /** The era of the entrance in which it was accepted. */
  get era(): number {
    return this.#ports.era;
  }

  /** A request has begun. */
  begin(response: ServerResponse): void {
    this.#begun += 1;
    this.#unanswered += 1;
    this.#latest = response;
    this.#isTurnedAway = this.#turnsNextAway || this.#ports.load.isOverfull;
    this.#turnsNextAway = false;
    this.#onExcess = undefined;
  }

  /** @param onExcess called when the body of the latest request has more pieces than it may have */
  watchBody(onExcess: () => void): void {
    this.#onExcess = onExcess;
  }

  /** Its answer was given to Node, which sends answers in the order of the requests. */
  answered(status: number): void {
    this.#unanswered -= 1;
    this.door.isRefused = status >= 400;
    this.door.answered();
  }

  tooManyPieces(): void {
    if (!this.isReceiving) {
      this.#ports.onTooManyPieces();
      return;
    }
    this.door.shut();
    this.#onExcess?.();
  }

  tooManyHeaders(): void {
    this.#ports.onTooManyHeaders();
  }

  /**
   * Tells whether an answer may be written straight to the socket, past Node's order of answers.
   * While an earlier request is unanswered, the client would take it for that request's answer.
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
   * @param socket that Node's HTTP server has just begun to listen to
   * @param idleMs how long it may be idle before it has made an authenticated request
   */
  open(socket: Socket, idleMs: number, ports: Omit<ConnectionPorts, 'lifetimeMs'>): void {
    const lifetimeMs = LIFETIME_IN_IDLE_TIMES * idleMs;
    this.#known.set(socket, new Connection(socket, { ...ports, lifetimeMs }));
    socket.setTimeout(idleMs);
  }

  /** @returns `undefined` for a connection that never came as far as HTTP */
  of(socket: Duplex): Connection | undefined {
    return this.#known.get(socket);
  }
}
