/**
 * A request as `http` hands it over: the bytes as they came, before anything is believed.
 * Knows no framework, so that the whole pipeline can be called without a server.
 */
export interface IncomingCall {
  readonly method: string;
  /** The request target exactly as received; not decoded, not normalised. */
  readonly target: string;
  /** Names and values in turn, as received, duplicates included. */
  readonly rawHeaders: readonly string[];
  /** `clock.monotonic()` when the head of the request had arrived, in ms. */
  readonly startedAt: number;
  readonly clientAddress: string;
  /** The allowed name that the verified client certificate bears; absent without mutual TLS. */
  readonly clientCertificateName: string | undefined;
  /** Subject of that certificate, in one line. */
  readonly clientCertificateSubject: string | undefined;
  /** True when the listener has no time for it: it is to be turned away, where it uses a key. */
  readonly isTurnedAway: boolean;
  /**
   * Reads the whole body, counting while it arrives. A pipeline that does not ask for it before
   * it first waits for something will not get it: its answer is decided.
   *
   * @param maxBytes of the body
   * @throws BodyError, too large as soon as the count or the declared length exceeds it
   */
  readBody(maxBytes: number): Promise<Buffer>;
  /** True when the body had all arrived before it was asked for: a delay is not its sender's. */
  readonly cameWhole: boolean;
  /**
   * An estimate of the time for which it lay unseen before `startedAt`, while the event loop was
   * busy turn after turn, in ms; 0 until the body is read.
   */
  readonly unseenMs: number;
  /**
   * An estimate of the time for which a busy process has let the request wait until now, in ms; 0
   * where `unseenMs` is.
   */
  waitedMs(): number;
  /** Tells the connection that it has made an authenticated request, so that it may idle longer. */
  markAuthenticated(): void;
  /** True when the client has gone, so that nobody takes the answer. */
  isAbandoned(): boolean;
}

/** The answer to a request, as `http` writes it. */
export interface Answer {
  readonly status: number;
  /** One line of JSON, or nothing at all. */
  readonly body: string;
  /**
   * Name, value, name, value … beside those of every answer (content type and length, security
   * headers).
   */
  readonly headers?: readonly string[];
}

/** The pipeline as `http` sees it. Never rejects. */
export type Handle = (call: IncomingCall) => Promise<Answer>;

/**
 * Reasons for which a body is not taken. It is larger than the listener takes; it comes in so many
 * small pieces that it costs more to read than it should; it was complete only when the time for
 * the whole request was over; the client went away, or was cut off, before it was complete.
 */
export type BodyFailure = 'too-large' | 'in-pieces' | 'too-late' | 'aborted';

/** A body that is not taken. */
export class BodyError extends Error {
  override readonly name = 'BodyError';
  readonly failure: BodyFailure;

  constructor(failure: BodyFailure, options?: ErrorOptions) {
    super(failure, options);
    this.failure = failure;
  }
}
