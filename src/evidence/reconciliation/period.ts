/** A time from, inclusive, to, exclusive, in milliseconds since 1970; open where one is absent. */
export interface Period {
  readonly from: number | undefined;
  readonly to: number | undefined;
}

/** Whether a time lies in the period. */
export function isWithin({ from, to }: Period, time: number): boolean {
  return (from === undefined || time >= from) && (to === undefined || time < to);
}
