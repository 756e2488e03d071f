import { invariant } from '../shared/assert.js';

/** The number of works that hold something, and the moment when none does any more. */
export class InFlight {
  #count = 0;
  readonly #waiting: (() => void)[] = [];

  /** Something is begun. */
  begin(): void {
    this.#count += 1;
  }

  /** Something has ended that was begun. */
  end(): void {
    invariant(this.#count > 0, 'only what was begun ends');
    this.#count -= 1;
    if (this.#count > 0) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Resolves when nothing is under way. */
  drained(): Promise<void> {
    if (this.#count === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }
}
