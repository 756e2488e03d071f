import type { Logger } from '../../../observability/logger.js';
import { codeOf } from '../../../shared/errno.js';

const FIRST_MS = 100;
const LONGEST_MS = 30_000;

/**
 * The wait before the next attempt: twice as long each time, and not the same for all replicas.
 */
export class Backoff {
  readonly #random: () => number;
  #ceilingMs = FIRST_MS;

  /** @param random from 0 to less than 1 */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** Draws the next wait: between half and all of 100 ms the first time, and of 30 s in the end. */
  nextMs(): number {
    const ceilingMs = this.#ceilingMs;
    this.#ceilingMs = Math.min(LONGEST_MS, ceilingMs * 2);
    return Math.round(ceilingMs * (0.5 + this.#random() / 2));
  }

  /** Begins anew, after an attempt that came to something. */
  reset(): void {
    this.#ceilingMs = FIRST_MS;
  }
}

/** The names of a sink in every line about it. */
export interface LinkName {
  readonly sink: string;
  readonly host: string;
  readonly port: number;
}

/**
 * Tells the log when a collector is lost and when it is there again, and not of every attempt
 * between.
 */
export class LinkState {
  readonly #logger: Logger;
  readonly #name: LinkName;
  #told: string | undefined;

  constructor(logger: Logger, name: LinkName) {
    this.#logger = logger;
    this.#name = name;
  }

  /**
   * Tells that the collector is there.
   *
   * @param behind records that the collector has not been sent
   */
  up(behind: number): void {
    if (this.#told === 'up') return;
    this.#told = 'up';
    this.#logger.info({ ...this.#name, behind }, 'the audit sink is connected');
  }

  /** Tells of a loss when it is new, or has another cause than before. */
  down(error: unknown, behind: number): void {
    const cause = codeOf(error) ?? String(error);
    if (this.#told === cause) return;
    this.#told = cause;
    this.#logger.warn(
      { ...this.#name, err: error, behind },
      'the audit sink is not connected; the log keeps what it has not been sent',
    );
  }
}
