import type { Clock } from '../../shared/clock.js';

const PAUSE_AFTER_FAILURE_MS = 1000;

/**
 * A piece of work that many ask for and one does: whoever asks while it is under way waits for
 * the same run, and after a failure it is left alone for a second, so that a full disk is not
 * written to at the rate of requests.
 */
export class RetriedTask {
  readonly #work: () => Promise<void>;
  readonly #clock: Clock;
  #running: Promise<void> | undefined;
  #failure: { readonly error: unknown; readonly retryAt: number } | undefined;

  constructor(work: () => Promise<void>, clock: Clock) {
    this.#work = work;
    this.#clock = clock;
  }

  /** True if the last run failed. */
  get isFailing(): boolean {
    return this.#failure !== undefined;
  }

  /** Joins the run under way, or begins one. @throws what the work threw, also during the pause */
  async run(): Promise<void> {
    if (this.#running === undefined && this.#failure !== undefined && this.#isPaused()) {
      throw this.#failure.error;
    }
    this.#running ??= this.#attempt();
    return this.#running;
  }

  /** Begins a run for nobody in particular; a failure shows in {@link isFailing}. */
  runInBackground(): void {
    if (this.#running !== undefined || this.#isPaused()) return;
    this.run().catch(() => {
      // Kept in #failure, and told to whoever asks next.
    });
  }

  /** Resolves when nothing is under way. */
  async settle(): Promise<void> {
    await this.#running?.catch(() => undefined);
  }

  async #attempt(): Promise<void> {
    try {
      await this.#work();
      this.#failure = undefined;
    } catch (error) {
      this.#failure = { error, retryAt: this.#clock.monotonic() + PAUSE_AFTER_FAILURE_MS };
      throw error;
    } finally {
      this.#running = undefined;
    }
  }

  #isPaused(): boolean {
    return this.#failure !== undefined && this.#clock.monotonic() < this.#failure.retryAt;
  }
}
