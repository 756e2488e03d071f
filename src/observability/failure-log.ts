import type { Clock } from '../shared/clock.js';
import { FirstPerMinute } from '../shared/first-per-minute.js';
import { causesOf } from '../shared/reason-of.js';
import type { Logger } from './logger.js';

/** Numbers in what servers and systems say: times, ports, addresses. */
const NUMBERS = /[0-9a-f]*\d[0-9a-f]*/gi;

/** The facts that a failure is told with. */
export interface FailureTerms {
  /** The place where it happened, such as the key store: other places are other causes. */
  readonly place: string;
  /** True when nobody has foreseen it, so that its stack is of use. */
  readonly isDefect: boolean;
}

/**
 * The log's lines about why requests fail: one a minute for each cause, and how many more there
 * were. An outage has few causes and thousands of requests.
 */
export class FailureLog {
  readonly #logger: Logger;
  readonly #lines: FirstPerMinute;

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#lines = new FirstPerMinute(
      () => new Date(clock.now()).toISOString(),
      ({ from, to, byKind }) => {
        for (const [cause, count] of Object.entries(byKind)) {
          logger.error({ cause, count, from, to }, 'more requests failed for the same cause');
        }
      },
      { told: 1, ofEachKind: true },
    );
  }

  /** @param fields of the request that is told for all of its kind */
  report(error: unknown, fields: object, { place, isDefect }: FailureTerms): void {
    const cause = causesOf(error);
    if (!this.#lines.isTold(`${place}: ${cause.replaceAll(NUMBERS, '#')}`)) return;
    const reason = isDefect ? { err: error } : { cause };
    this.#logger.error({ ...fields, ...reason }, 'what a request failed for');
  }

  /** Writes the lines that count what was left out so far. */
  close(): void {
    this.#lines.endMinute();
  }
}
