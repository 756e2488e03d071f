import { DAY_MS, HOUR_MS } from '../../../shared/durations.js';

/** Maximum columns of a chart. */
const MAX_STEPS = 120;
const STEPS_MS = [HOUR_MS, 6 * HOUR_MS, DAY_MS, 7 * DAY_MS, 28 * DAY_MS, 364 * DAY_MS];
const LENGTH_OF_MINUTES = '2026-01-01T00:00'.length;
const LENGTH_OF_DAYS = '2026-01-01'.length;

/** The time that a report is about, divided into steps of the same length. */
export class Timeline {
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;

  /**
   * @param fromMs included, in ms since 1970
   * @param toMs not included; later than `fromMs`
   */
  constructor(fromMs: number, toMs: number) {
    this.fromMs = fromMs;
    this.toMs = toMs;
    const least = (toMs - fromMs) / MAX_STEPS;
    this.stepMs = STEPS_MS.find((step) => step >= least) ?? Math.ceil(least / DAY_MS) * DAY_MS;
  }

  /** Tells whether a time lies in the period; NaN does not. */
  holds(timeMs: number): boolean {
    return timeMs >= this.fromMs && timeMs < this.toMs;
  }

  /** Number of steps; the last one may reach beyond the end. */
  get steps(): number {
    return Math.ceil((this.toMs - this.fromMs) / this.stepMs);
  }

  /** Number of the step that a time of the period lies in. */
  stepOf(timeMs: number): number {
    return Math.floor((timeMs - this.fromMs) / this.stepMs);
  }

  /** Beginning of a step, UTC. */
  nameOf(step: number): string {
    const text = new Date(this.fromMs + step * this.stepMs).toISOString();
    const wholeDays = this.stepMs % DAY_MS === 0 && this.fromMs % DAY_MS === 0;
    return wholeDays ? text.slice(0, LENGTH_OF_DAYS) : `${text.slice(0, LENGTH_OF_MINUTES)}Z`;
  }

  /** Length of a step for people. */
  get stepText(): string {
    const hours = this.stepMs / HOUR_MS;
    if (hours === 1) return 'hour';
    if (hours < 24) return `${hours} hours`;
    return hours === 24 ? 'day' : `${hours / 24} days`;
  }
}
