import type { IncomingMessage, ServerResponse } from 'node:http';
import { BodyAbortedError, BodyTooLargeError, type IncomingCall } from '../pipeline/call.js';
import type { Connection } from './connection.js';

/** What a call needs to know of the listener that it came in by. */
export interface CallContext {
  readonly connection: Connection;
  /** `clock.monotonic()`, in ms. */
  readonly startedAt: number;
  readonly authenticatedIdleMs: number;
  /** The client waits for `100 Continue` before it sends the body. */
  readonly expectsContinue: boolean;
}

/** One request of Node's as the pipeline wants it. */
export class NodeCall implements IncomingCall {
  readonly method: string;
  readonly target: string;
  readonly rawHeaders: readonly string[];
  readonly startedAt: number;
  readonly clientAddress: string;
  readonly clientCertificateName: string | undefined;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #context: CallContext;

  constructor(request: IncomingMessage, response: ServerResponse, context: CallContext) {
    this.method = request.method ?? '';
    this.target = request.url ?? '';
    this.rawHeaders = request.rawHeaders;
    this.startedAt = context.startedAt;
    this.clientAddress = context.connection.clientAddress;
    this.clientCertificateName = context.connection.clientCertificateName;
    this.#request = request;
    this.#response = response;
    this.#context = context;
  }

  readBody(maxBytes: number): Promise<Buffer> {
    const request = this.#request;
    if (Number(request.headers['content-length'] ?? 0) > maxBytes) {
      return Promise.reject(new BodyTooLargeError('The declared length is too large.'));
    }
    if (request.destroyed) return Promise.reject(new BodyAbortedError('The client went away.'));
    if (this.#context.expectsContinue) this.#response.writeContinue();
    return collect(request, maxBytes);
  }

  markAuthenticated(): void {
    this.#context.connection.markAuthenticated(this.#context.authenticatedIdleMs);
  }
}

function collect(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const onData = (chunk: Buffer): void => {
      length += chunk.byteLength;
      if (length > maxBytes) {
        // Stop reading: what follows would only fill the memory.
        request.off('data', onData).pause();
        reject(new BodyTooLargeError('More arrived than the limit allows.'));
        return;
      }
      chunks.push(chunk);
    };
    request.on('data', onData);
    request.on('end', () => {
      const [only] = chunks;
      resolve(chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, length));
    });
    request.on('error', (error) => {
      reject(new BodyAbortedError('The client went away.', { cause: error }));
    });
  });
}
