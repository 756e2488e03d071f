import type { Logger } from '../../../observability/logger.js';
import { codeOf } from '../../../shared/errno.js';

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
