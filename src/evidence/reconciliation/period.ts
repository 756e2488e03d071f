/** A time from, inclusive, to, exclusive, in milliseconds since 1970; open where one is absent. */
export interface Period {
  readonly from: number | undefined;
  readonly to: number | undefined;
}

/** Tells whether a time lies in the period. */
export function isWithin({ from, to }: Period, time: number): boolean {
  return (from === undefined || time >= from) && (to === undefined || time < to);
}

/** More than clocks differ and calls take. */
const NEAR_MS = 15 * 60 * 1000;

/** Tells whether a time lies in the period, or within 15 minutes of it. */
export function isNear({ from, to }: Period, time: number): boolean {
  return isWithin({ from: from && from - NEAR_MS, to: to && to + NEAR_MS }, time);
}
