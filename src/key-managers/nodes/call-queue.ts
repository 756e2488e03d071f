import type { Deadline } from '../../shared/deadline.js';
import { KeyManagerError } from '../backend.js';

/**
 * Lets so many calls through at once and keeps so many waiting, in the order in which they came.
 * A call that would wait in vain is refused at once: a late answer is worth nothing, and keeps
 * others from being answered in time.
 */
export class CallQueue {
  readonly #maxConcurrent: number;
  readonly #maxWaiting: number;
  readonly #waiting = new Set<() => void>();
  #running = 0;

  constructor(maxConcurrent: number, maxWaiting: number) {
    this.#maxConcurrent = maxConcurrent;
    this.#maxWaiting = maxWaiting;
  }

  /**
   * @param deadline until when the call may wait for its turn
   * @throws KeyManagerError `overloaded`, or what the call throws
   */
  async run<T>(call: () => Promise<T>, deadline: Deadline): Promise<T> {
    if (this.#running >= this.#maxConcurrent) await this.#turn(deadline);
    else this.#running += 1;
    try {
      return await call();
    } finally {
      this.#passOn();
    }
  }

  /** A turn is handed over, not given back: nobody who comes later can take it. */
  #passOn(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#running -= 1;
    else next();
  }

  async #turn(deadline: Deadline): Promise<void> {
    if (this.#waiting.size >= this.#maxWaiting) {
      throw new KeyManagerError('overloaded', 'too many calls are waiting');
    }
    let start: () => void = () => undefined;
    const started = new Promise<void>((resolve) => {
      start = () => {
        this.#waiting.delete(start);
        resolve();
      };
    });
    this.#waiting.add(start);
    try {
      await deadline.race(
        started,
        () => new KeyManagerError('overloaded', 'its turn did not come in time'),
      );
    } finally {
      this.#waiting.delete(start);
    }
  }
}
