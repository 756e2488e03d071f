import type { Clock } from './clock.js';

/** Writes a moment in UTC to the minute, for people. @param at in ms since 1970 */
export function utcMinute(at: number): string {
  return `${new Date(at).toISOString().slice(0, 'YYYY-MM-DDTHH:MM'.length)}Z`;
}

/** Writes a moment in UTC to the second, for people. @param at in ms since 1970 */
export function utcSecond(at: number): string {
  return `${new Date(at).toISOString().slice(0, 'YYYY-MM-DDTHH:MM:SS'.length)}Z`;
}

/** Writes the time as `Date.toISOString` does, and formats the second only once, to save time. */
export class IsoTime {
  readonly #clock: Pick<Clock, 'now'>;
  #second = Number.NaN;
  #secondText = '';

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** Now, in UTC and milliseconds: 24 characters. */
  now(): string {
    const now = this.#clock.now();
    const second = Math.floor(now / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#secondText = new Date(second * 1000).toISOString().slice(0, -'000Z'.length);
    }
    return `${this.#secondText}${String(Math.floor(now) - second * 1000).padStart(3, '0')}Z`;
  }
}
