import type { IncomingMessage, ServerResponse } from 'node:http';
import { BodyError, type IncomingCall } from '../../pipeline/call.js';
import { invariant } from '../../shared/assert.js';
import type { Clock } from '../../shared/clock.js';
import type { Connection } from './connection.js';
import { declaredLength, type OriginForm } from '../request-head.js';
import type { TurnEnd } from './turn-end.js';

/** The listener and the connection of a call, as far as the call needs them. */
export interface CallContext {
  readonly connection: Connection;
  /** The path and the host that the request is for. */
  readonly origin: OriginForm;
  /** `clock.monotonic()`, in ms. */
  readonly startedAt: number;
  readonly authenticatedIdleMs: number;
  /** The client waits for `100 Continue` before it sends the body. */
  readonly expectsContinue: boolean;
  readonly turnEnd: TurnEnd;
  readonly clock: Clock;
}

/** One request of Node's as the pipeline wants it. */
export class NodeCall implements IncomingCall {
  readonly method: string;
  readonly target: string;
  readonly rawHeaders: readonly string[];
  readonly startedAt: number;
  readonly clientAddress: string;
  readonly clientCertificateName: string | undefined;
  readonly clientCertificateSubject: string | undefined;
  readonly isTurnedAway: boolean;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #context: CallContext;
  #isBodyRead = false;
  #cameWhole = false;
  #unseenMs = 0;

  constructor(request: IncomingMessage, response: ServerResponse, context: CallContext) {
    this.method = request.method ?? '';
    this.target = context.origin.target;
    this.rawHeaders = context.origin.rawHeaders;
    this.startedAt = context.startedAt;
    this.clientAddress = context.connection.clientAddress;
    this.clientCertificateName = context.connection.client?.name;
    this.clientCertificateSubject = context.connection.client?.subject;
    this.isTurnedAway = context.connection.isTurnedAway;
    this.#request = request;
    this.#response = response;
    this.#context = context;
  }

  /**
   * True when somebody has asked for the body: what stands behind one that nobody has read is not
   * looked at either.
   */
  get isBodyRead(): boolean {
    return this.#isBodyRead;
  }

  get cameWhole(): boolean {
    return this.#cameWhole;
  }

  get unseenMs(): number {
    return this.#unseenMs;
  }

  async readBody(maxBytes: number): Promise<Buffer> {
    this.#isBodyRead = true;
    const { connection, expectsContinue, turnEnd } = this.#context;
    const request = this.#request;
    const length = declaredLength(request.rawHeaders);
    if (length > maxBytes) {
      connection.door.shut();
      throw new BodyError('too-large');
    }
    if (expectsContinue) this.#response.writeContinue();
    await turnEnd.wait();
    if (request.destroyed) throw new BodyError('aborted');
    // Without a declared length it may have come in any number of pieces, which are counted.
    if (length > 0 && request.complete) {
      this.#unseenMs = turnEnd.unseenMs;
      this.#cameWhole = true;
      return wholeBody(request);
    }
    // A client that takes its time to send it does not wait for us.
    return collect(request, maxBytes, connection);
  }

  waitedMs(): number {
    const seenMs = this.#context.clock.monotonic() - this.startedAt;
    // Where turns have been long one after the other, this one is about as long. A single long one
    // is a stall, and no overload: what came in it can be served.
    return this.#unseenMs + Math.min(seenMs, 2 * this.#unseenMs);
  }

  isAbandoned(): boolean {
    return this.#response.destroyed;
  }

  markAuthenticated(): void {
    this.#context.connection.markAuthenticated(this.#context.authenticatedIdleMs);
  }
}

/** A body that has arrived, in one go: listening to its stream costs more than its signature. */
function wholeBody(request: IncomingMessage): Buffer {
  // Without a size, `read` gives a single piece from Node 26 on.
  const body: unknown = request.read(request.readableLength);
  invariant(body instanceof Buffer, 'a request that is complete has its body');
  return body;
}

/** Nothing is read any more once it is clear that the body will not be taken. */
function collect(
  request: IncomingMessage,
  maxBytes: number,
  connection: Connection,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const body = new GrowingBuffer(maxBytes);
    const refuse = (error: Error): void => {
      request.off('data', onData).pause();
      connection.door.shut();
      reject(error);
    };
    const onData = (chunk: Buffer): void => {
      if (body.append(chunk)) connection.door.countPiece();
      else refuse(new BodyError('too-large'));
    };
    connection.watchBody(() => {
      refuse(new BodyError('in-pieces'));
    });
    request.on('data', onData);
    request.on('end', () => {
      resolve(body.bytes());
    });
    request.on('error', (error) => {
      reject(new BodyError('aborted', { cause: error }));
    });
  });
}

/**
 * Bytes that arrive in pieces. They are copied together at once, because a client may send them
 * one by one, and a Buffer for each would take a hundred times their size.
 */
class GrowingBuffer {
  readonly #maxBytes: number;
  #memory: Buffer = Buffer.alloc(0);
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** @returns false, and takes nothing, when that would be more than the limit */
  append(chunk: Buffer): boolean {
    const length = this.#length + chunk.byteLength;
    if (length > this.#maxBytes) return false;
    // Nearly every body is a single piece, which needs no copy.
    if (this.#length === 0) this.#memory = chunk;
    else {
      if (length > this.#memory.byteLength) this.#growTo(length);
      chunk.copy(this.#memory, this.#length);
    }
    this.#length = length;
    return true;
  }

  bytes(): Buffer {
    return this.#memory.subarray(0, this.#length);
  }

  #growTo(length: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.min(this.#maxBytes, 2 * length));
    this.#memory.copy(larger, 0, 0, this.#length);
    this.#memory = larger;
  }
}
