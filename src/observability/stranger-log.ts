import type { Clock } from '../shared/clock.js';
import { FirstPerMinute } from '../shared/first-per-minute.js';
import type { Logger } from './logger.js';

/**
 * The log's lines about people without a credential. The first hundred of a minute are written
 * one by one and the others counted in one line, so that nobody can fill the log.
 */
export class StrangerLog {
  readonly #lines: FirstPerMinute;

  /** @param logger of the line that counts */
  constructor(logger: Logger, clock: Clock) {
    this.#lines = new FirstPerMinute(
      () => new Date(clock.now()).toISOString(),
      (omitted) => {
        logger.warn(omitted, 'lines about unauthenticated clients were left out');
      },
    );
  }

  /**
   * @param kind an error's name or code, one of a few
   * @returns whether a line about it may be written
   */
  isTold(kind: string): boolean {
    return this.#lines.isTold(kind);
  }

  /** Writes the line that counts what was left out so far. */
  close(): void {
    this.#lines.endMinute();
  }
}
