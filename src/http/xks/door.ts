import type { Socket } from 'node:net';
import { invariant } from '../../shared/assert.js';
import { Handshakes } from './handshakes.js';
import { HeadLines } from './head-lines.js';
import { HeldBytes, type Holder } from './held-bytes.js';
import { PieceCount } from './piece-count.js';
import { StrangerRecords } from './stranger-records.js';
import { StrangerTurns, type StrangerWork } from './stranger-turns.js';
import { TurnEnd } from './turn-end.js';
import { TurnLoad } from './turn-load.js';
import { accountSaidIn, wholeRequestIn, type WholeRequest } from './whole-request.js';

/** Bytes that Node's parser is given at a time: nothing stops it in between. */
const SLICE_BYTES = 1_024;
/** So many bytes of an authenticated client are given at once, where none wait before them. */
const WHOLE_BYTES = 4_096;
/**
 * Requests of one connection in work. While there are so many, it is not read from: a slice may
 * have had a few more.
 */
const MAX_ANSWERING = 16;
/** The same while requests are turned away: each connection has one turn after the other. */
const MAX_ANSWERING_WHEN_TIGHT = 1;
/** Cost of a request after it has been parsed: authentication, a line in the log, an answer. */
const REQUEST_MS = 0.1;
/** Turns that the first request of KMS takes, about. */
const TURNS_OF_A_NEWCOMER = 8;
/** The memory of a stranger's connection beside what it sends: TLS, Node's objects and ours. */
export const CONNECTION_BYTES = 128 * 1024;

/** The limits that the doors of all listeners share. */
export interface DoorPorts {
  readonly turns: StrangerTurns;
  /** The end of the turn, which the requests of all listeners wait for. */
  readonly turnEnd: TurnEnd;
  readonly held: HeldBytes;
  readonly handshakes: Handshakes;
  readonly records: StrangerRecords;
  readonly load: Pick<TurnLoad, 'isTight' | 'isOverfull' | 'letIn' | 'admits'>;
}

/** Makes the limits that the doors of one process share. */
export function newDoors(): DoorPorts {
  const turns = new StrangerTurns();
  const turnEnd = new TurnEnd(turns);
  const load = new TurnLoad(turns, () => {
    turnEnd.endWait();
  });
  return {
    ...{ turns, turnEnd, held: new HeldBytes(), handshakes: new Handshakes() },
    ...{ records: new StrangerRecords(), load },
  };
}

/** A door's view of the requests that have come through it. */
export interface DoorRequests {
  /** Requests that have begun so far. */
  readonly begun: number;
  /** True while the body of the latest one has not all arrived. */
  readonly isReceiving: boolean;
  /** Those that have all arrived and are not answered yet. */
  readonly answering: number;
  /** Tells whether the latest request is whole, and these bytes end with it. */
  isEndOfLatest(bytes: Buffer): boolean;
  /**
   * Turns away a request that has arrived whole, and that Node has not seen, while none is on its
   * way.
   *
   * @returns false for one that Node is to see
   */
  turnAway(request: WholeRequest): boolean;
  /** More pieces came than a request may have. */
  tooManyPieces(): void;
  /** More lines came than a head may have. */
  tooManyHeaders(): void;
}

/** Called when more was thrown away, after the answer was decided, than the limits allow. */
type OnLimit = () => void;

/**
 * The gate between a connection and Node's parser. Nothing stops the parser within the bytes that
 * it is given, so it gets few at a time, and none once the answer is decided. Unauthenticated
 * clients wait for their turn; authenticated ones do not.
 */
export class Door implements StrangerWork, Holder {
  isRefused = false;
  readonly #socket: Socket;
  readonly #ports: DoorPorts;
  readonly #requests: DoorRequests;
  readonly #parse: (bytes: Buffer) => void;
  #pieces = new PieceCount();
  /** Of the head that is coming in: what begins with the slice behind the latest request's. */
  #headLines = new HeadLines();
  #begunBefore = 0;
  /** True when the parser is known to wait for the beginning of a request. */
  #isBetweenRequests = false;
  #waiting: Buffer = Buffer.alloc(0);
  #turns = 0;
  #isTrusted = false;
  #isInTurn = false;
  #isShut = false;
  #onLimit: OnLimit = () => {
    this.#socket.pause();
  };

  /** @param socket that Node's HTTP server has just begun to listen to */
  constructor(socket: Socket, ports: DoorPorts, requests: DoorRequests) {
    this.#socket = socket;
    this.#ports = ports;
    this.#requests = requests;
    const listeners = socket.listeners('data');
    // With a listener of ours, Node hands the bytes to JavaScript instead of to its parser.
    socket.on('data', (bytes: Buffer) => {
      this.#receive(bytes);
    });
    for (const listener of listeners) socket.off('data', listener as () => void);
    const [first, ...others] = listeners;
    invariant(first !== undefined && others.length === 0, 'Node listens to a connection once');
    this.#parse = first.bind(socket) as (bytes: Buffer) => void;
    socket.on('drain', () => {
      this.#askForTurn();
    });
    socket.once('close', () => {
      this.shut();
      ports.held.release(this);
    });
    this.#holdAnew();
  }

  get isNew(): boolean {
    return this.#turns < TURNS_OF_A_NEWCOMER;
  }

  /** The connection has made an authenticated request. */
  trust(): void {
    this.#isTrusted = true;
    this.#ports.held.release(this);
  }

  /** A piece of a body has come out of the parser. */
  countPiece(): void {
    if (!this.#pieces.add(0)) this.#stopPieces();
  }

  /** A request was answered: the next one may come in. */
  answered(): void {
    this.#pieces = new PieceCount();
    if (this.#isTrusted && this.#waiting.byteLength === 0) return;
    this.#holdAnew();
    this.#askForTurn();
  }

  /** Nothing goes to the parser any more. */
  shut(): void {
    if (this.#isShut) return;
    this.#isShut = true;
    this.#waiting = Buffer.alloc(0);
    this.#pieces = new PieceCount();
    this.#holdAnew();
    this.#socket.resume();
  }

  /** @param onLimit called when more has been thrown away than is worth an answer's arrival */
  discardUntil(onLimit: OnLimit): void {
    this.shut();
    this.#onLimit = onLimit;
    this.#socket.resume();
  }

  /** Ends the connection: others need what is held for it. */
  giveWay(): void {
    this.#socket.destroy();
  }

  takeTurn(): number {
    this.#isInTurn = false;
    this.#turns += 1;
    if (this.#isShut || this.#socket.destroyed) return 0;
    const begun = this.#requests.begun;
    this.#pass(this.#isTrusted ? Infinity : 1);
    return (this.#requests.begun - begun) * REQUEST_MS;
  }

  #receive(bytes: Buffer): void {
    if (this.#isShut) {
      if (!this.#pieces.add(bytes.byteLength)) this.#onLimit();
      return;
    }
    const isAlone = this.#waiting.byteLength === 0;
    if (isAlone && bytes.byteLength <= WHOLE_BYTES && this.#isTrusted && this.#mayLetIn) {
      const rest = this.#turnAway(bytes);
      if (rest.byteLength > 0) this.#letIn(rest);
      return;
    }
    this.#waiting = isAlone ? bytes : Buffer.concat([this.#waiting, bytes]);
    this.#socket.pause();
    this.#hold(bytes.byteLength);
    this.#askForTurn();
  }

  /** Only what strangers have sent is held against them: nobody else gives way. */
  #hold(bytes: number): void {
    if (!this.#isTrusted) this.#ports.held.add(this, bytes);
  }

  /** Counts what is held from now on: the connection itself, and what waits of the next request. */
  #holdAnew(): void {
    this.#ports.held.release(this);
    if (!this.#socket.destroyed) this.#hold(CONNECTION_BYTES + this.#waiting.byteLength);
  }

  #askForTurn(): void {
    if (this.#isInTurn || this.#isShut || this.#waiting.byteLength === 0) return;
    if (!this.#mayLetIn || this.#socket.writableNeedDrain) return;
    this.#isInTurn = true;
    if (this.#isTrusted) this.takeTurn();
    else this.#ports.turns.request(this);
  }

  /** Gives slices to the parser. */
  #pass(slices: number): void {
    for (let count = 0; count < slices && this.#waiting.byteLength > 0; count += 1) {
      const slice = this.#waiting.subarray(0, SLICE_BYTES);
      this.#waiting = this.#waiting.subarray(slice.byteLength);
      if (!this.#mayPass(slice)) return;
      this.#letIn(slice);
      if (this.#isShut || this.#socket.writableNeedDrain) break;
      if (this.#isTrusted && !this.#mayLetIn) break;
    }
    if (this.#isShut) return;
    if (this.#waiting.byteLength === 0) {
      this.#socket.resume();
    } else {
      this.#socket.pause();
      this.#askForTurn();
    }
  }

  /** Strangers have one request after the other; others have several, and no more. */
  get #mayLetIn(): boolean {
    if (!this.#isTrusted) return this.#requests.answering === 0;
    const most = this.#ports.load.isTight ? MAX_ANSWERING_WHEN_TIGHT : MAX_ANSWERING;
    return this.#requests.answering < most;
  }

  #letIn(bytes: Buffer): void {
    const { begun } = this.#requests;
    this.#parse(bytes);
    const more = this.#requests.begun - begun;
    // Strangers have turns of their own.
    if (this.#isTrusted) this.#ports.load.letIn(more);
    this.#isBetweenRequests = more === 1 && this.#requests.isEndOfLatest(bytes);
  }

  /**
   * Turns away what comes too late, before Node has seen it: that costs a fraction of what Node
   * would.
   *
   * @returns what is left of the bytes
   */
  #turnAway(bytes: Buffer): Buffer {
    const { load } = this.#ports;
    let rest = bytes;
    while (load.isTight && this.#isBetweenRequests && this.#requests.answering === 0) {
      const request = this.#socket.writableNeedDrain ? undefined : wholeRequestIn(rest);
      if (request === undefined || load.admits(accountSaidIn(request))) break;
      if (!this.#requests.turnAway(request)) break;
      rest = rest.subarray(request.bytes.byteLength);
    }
    return rest;
  }

  #mayPass(slice: Buffer): boolean {
    if (!this.#pieces.add(slice.byteLength)) {
      this.#stopPieces();
      return false;
    }
    if (this.#requests.isReceiving) return true;
    if (this.#begunBefore !== this.#requests.begun) {
      this.#begunBefore = this.#requests.begun;
      this.#headLines = new HeadLines();
    }
    if (this.#headLines.add(slice)) return true;
    this.#requests.tooManyHeaders();
    return false;
  }

  #stopPieces(): void {
    if (!this.#isShut) this.#requests.tooManyPieces();
  }
}
