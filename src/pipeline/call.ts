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
  /**
   * Reads the whole body, counting while it arrives. A pipeline that does not ask for it before
   * it first waits for something will not get it: its answer is decided.
   *
   * @param maxBytes of the body
   * @throws BodyTooLargeError as soon as the count or the declared length exceeds it
   * @throws BodyInPiecesError when it comes in far more pieces than its length calls for
   * @throws BodyAbortedError when the client goes away before the end
   */
  readBody(maxBytes: number): Promise<Buffer>;
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

/** The body is larger than the listener takes. */
export class BodyTooLargeError extends Error {
  override readonly name = 'BodyTooLargeError';
}

/** The body comes in so many small pieces that it costs more to read than it should. */
export class BodyInPiecesError extends Error {
  override readonly name = 'BodyInPiecesError';
}

/** The body was complete only when the time for the whole request was over. */
export class BodyTooLateError extends Error {
  override readonly name = 'BodyTooLateError';
}

/** The client went away, or was cut off, before its body was complete. */
export class BodyAbortedError extends Error {
  override readonly name = 'BodyAbortedError';
}
