import type { Dispatcher } from 'undici';
import { afterReading } from '../../shared/after-reading.js';
import { KeyManagerError } from '../backend.js';
import type { VaultAnswer } from './answer.js';
import { connectionFailure } from './failures.js';

/** Far above the largest answer: a key with a thousand versions takes some 30 KiB. */
const MAX_ANSWER_BYTES = 1_048_576;

/**
 * One request and its answer, as a handler of undici's dispatcher. It has its own timer: an
 * AbortSignal for every request is slow, and undici's timeouts begin only on a free connection.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly answer: Promise<VaultAnswer>;
  readonly #onReleased: () => void;
  readonly #callOff: () => void;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #status = 0;
  #givenUp: KeyManagerError | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #resolve: (answer: VaultAnswer) => void = () => undefined;
  #reject: (error: KeyManagerError) => void = () => undefined;

  /**
   * @param timeoutMs time from now to the last byte of the answer
   * @param onReleased called once when the pool is done, possibly after the timeout
   */
  constructor(timeoutMs: number, onReleased: () => void) {
    this.#onReleased = onReleased;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#callOff = afterReading(timeoutMs, () => {
      this.#giveUp(new KeyManagerError('deadline', 'the server did not answer in time'));
    });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // It waited for a connection until nobody waited for it any more.
    if (this.#givenUp !== undefined) controller.abort(this.#givenUp);
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    this.#status = status;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes <= MAX_ANSWER_BYTES) this.#chunks.push(chunk);
    else this.#giveUp(new KeyManagerError('unreachable', 'the answer is too long for this API'));
  }

  onResponseEnd(): void {
    this.#callOff();
    this.#onReleased();
    const [first] = this.#chunks;
    const bytes = this.#chunks.length === 1 && first ? first : Buffer.concat(this.#chunks);
    this.#resolve({ status: this.#status, body: bytes.toString('utf8') });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#callOff();
    this.#onReleased();
    this.#reject(this.#givenUp ?? connectionFailure(error));
  }

  /** Ends the exchange and closes its connection. */
  #giveUp(error: KeyManagerError): void {
    this.#callOff();
    this.#givenUp = error;
    this.#reject(error);
    this.#controller?.abort(error);
  }
}
