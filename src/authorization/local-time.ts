import { MINUTE_MS } from '../shared/durations.js';

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** A minute as clocks on the wall of a time zone show it. */
export interface LocalTime {
  /** Minutes since 1970. */
  readonly minute: number;
  /** 0 to 23. */
  readonly hour: number;
  /** 1 is Monday and 7 Sunday (ISO 8601). */
  readonly weekday: number;
}

/** The clock on the wall of a time zone. What it says is worked out once a minute. */
export class LocalClock {
  readonly #format: Intl.DateTimeFormat;
  #latest: LocalTime | undefined;

  /** @param timeZone of the IANA database, such as `Europe/Berlin` */
  constructor(timeZone: string) {
    this.#format = new Intl.DateTimeFormat('en-GB', {
      ...{ timeZone, weekday: 'short', hour: '2-digit', hourCycle: 'h23' },
    });
  }

  /** @param now in ms since 1970 */
  at(now: number): LocalTime {
    const minute = Math.floor(now / MINUTE_MS);
    if (this.#latest?.minute !== minute) this.#latest = this.#read(minute);
    return this.#latest;
  }

  #read(minute: number): LocalTime {
    const parts = this.#format.formatToParts(minute * MINUTE_MS);
    const textOf = (type: string) => parts.find((part) => part.type === type)?.value ?? '';
    return {
      minute,
      hour: Number(textOf('hour')),
      weekday: WEEKDAYS.indexOf(textOf('weekday')) + 1,
    };
  }
}

/** Writes a minute as Cedar's `datetime` takes it. */
export function minuteText(minute: number): string {
  return new Date(minute * MINUTE_MS).toISOString();
}
