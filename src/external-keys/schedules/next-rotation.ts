import { createHash } from 'node:crypto';
import type { RotationSchedule } from '../record.js';
import { DAY_MS } from '../../shared/durations.js';

/** Keys that are due at the same moment are rotated within this time after it. */
export const JITTER_MS = DAY_MS;
/** No time zone is further than this from UTC. */
const FURTHEST_ZONE_MS = 15 * 3_600_000;
const MONTHS_A_YEAR = 12;
const MONTHS_A_QUARTER = 3;

/** A month of some calendar: years times twelve, plus the month from 0 on. */
type MonthNumber = number;

/**
 * The moment from which a key is due for its next rotation: so many days after its period began,
 * or the first moment of the next month or quarter in its time zone.
 *
 * @returns milliseconds since 1970
 */
export function nextRotation({ every, since }: RotationSchedule): number {
  const begun = Date.parse(since);
  if (every.kind === 'days') return begun + every.days * DAY_MS;
  const monthOf = monthsIn(every.timeZone);
  const months = every.kind === 'monthly' ? 1 : MONTHS_A_QUARTER;
  const period = Math.floor(monthOf(begun) / months);
  return beginningOf((period + 1) * months, monthOf);
}

/**
 * The delay of a key after the moment from which it is due, the same at every replica, so that not
 * all keys of a schedule are rotated at once.
 *
 * @returns milliseconds, less than {@link JITTER_MS}
 */
export function jitterOf(externalKeyId: string): number {
  const digest = createHash('sha256').update(externalKeyId).digest();
  return Math.floor((digest.readUInt32BE(0) / 2 ** 32) * JITTER_MS);
}

/**
 * The schedule after a rotation that it has led to. Its next period begins when the last one was
 * over, or now, where the rotation comes late.
 */
export function periodAfter(schedule: RotationSchedule, now: number): RotationSchedule {
  const due = nextRotation(schedule);
  const isOnTime = now >= due && now - due <= 2 * JITTER_MS;
  return { ...schedule, since: new Date(isOnTime ? due : now).toISOString() };
}

/** Makes a function that says in which month a moment is in a time zone. */
function monthsIn(timeZone: string): (at: number) => MonthNumber {
  const format = new Intl.DateTimeFormat('en-u-ca-iso8601', {
    timeZone,
    year: 'numeric',
    month: 'numeric',
  });
  return (at) => {
    const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
    return Number(parts.get('year')) * MONTHS_A_YEAR + Number(parts.get('month')) - 1;
  };
}

/** The first millisecond of a month. Midnight is not in every month: clocks may go forward then. */
function beginningOf(month: MonthNumber, monthOf: (at: number) => MonthNumber): number {
  const inUtc = Date.UTC(Math.floor(month / MONTHS_A_YEAR), month % MONTHS_A_YEAR);
  let before = inUtc - FURTHEST_ZONE_MS;
  let reached = inUtc + FURTHEST_ZONE_MS;
  while (reached - before > 1) {
    const middle = Math.floor((before + reached) / 2);
    if (monthOf(middle) >= month) reached = middle;
    else before = middle;
  }
  return reached;
}
