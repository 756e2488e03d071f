import { describe, expect, it } from 'vitest';
import type { RotationSchedule } from '../../../../src/external-keys/record.js';
import {
  JITTER_MS,
  jitterOf,
  nextRotation,
  periodAfter,
} from '../../../../src/external-keys/schedules/next-rotation.js';

const DAY_MS = 86_400_000;

function nextOf(every: RotationSchedule['every'], since: string): string {
  return new Date(nextRotation({ every, since })).toISOString();
}

describe('nextRotation', () => {
  it.each([
    [90, '2026-01-31T10:00:00.000Z', '2026-05-01T10:00:00.000Z'],
    [365, '2027-03-01T00:00:00.000Z', '2028-02-29T00:00:00.000Z'],
    [2_560, '2026-11-28T12:00:00.000Z', '2033-12-01T12:00:00.000Z'],
  ])('every %i days from %s → %s, whatever clocks are set to', (days, since, next) => {
    expect(nextOf({ kind: 'days', days }, since)).toBe(next);
  });

  it.each([
    ['UTC', '2026-01-31T23:59:59.999Z', '2026-02-01T00:00:00.000Z'],
    ['UTC', '2026-02-01T00:00:00.000Z', '2026-03-01T00:00:00.000Z'],
    ['UTC', '2028-02-29T12:00:00.000Z', '2028-03-01T00:00:00.000Z'],
    ['UTC', '2026-12-31T12:00:00.000Z', '2027-01-01T00:00:00.000Z'],
    // Winter, and the month in which clocks go forward and back.
    ['Europe/Berlin', '2026-02-10T12:00:00.000Z', '2026-02-28T23:00:00.000Z'],
    ['Europe/Berlin', '2026-03-10T12:00:00.000Z', '2026-03-31T22:00:00.000Z'],
    ['Europe/Berlin', '2026-10-10T12:00:00.000Z', '2026-10-31T23:00:00.000Z'],
    // It is the next month there already.
    ['Europe/Berlin', '2026-03-31T22:30:00.000Z', '2026-04-30T22:00:00.000Z'],
    ['Pacific/Kiritimati', '2026-06-15T00:00:00.000Z', '2026-06-30T10:00:00.000Z'],
    ['Pacific/Pago_Pago', '2026-06-15T00:00:00.000Z', '2026-07-01T11:00:00.000Z'],
    ['Asia/Kolkata', '2026-06-15T00:00:00.000Z', '2026-06-30T18:30:00.000Z'],
    // Clocks went from 00:00 to 01:00 on the first day of this month: it had no midnight.
    ['America/Asuncion', '2017-09-15T00:00:00.000Z', '2017-10-01T04:00:00.000Z'],
  ])('monthly in %s from %s → %s', (timeZone, since, next) => {
    expect(nextOf({ kind: 'monthly', timeZone }, since)).toBe(next);
  });

  it.each([
    ['UTC', '2026-01-01T00:00:00.000Z', '2026-04-01T00:00:00.000Z'],
    ['UTC', '2026-11-28T12:00:00.000Z', '2027-01-01T00:00:00.000Z'],
    ['America/New_York', '2026-04-01T03:59:59.999Z', '2026-04-01T04:00:00.000Z'],
    ['America/New_York', '2026-11-28T12:00:00.000Z', '2027-01-01T05:00:00.000Z'],
  ])('quarterly in %s from %s → %s', (timeZone, since, next) => {
    expect(nextOf({ kind: 'quarterly', timeZone }, since)).toBe(next);
  });
});

describe('periodAfter', () => {
  const schedule: RotationSchedule = {
    every: { kind: 'days', days: 90 },
    since: '2026-01-01T00:00:00.000Z',
  };
  const due = nextRotation(schedule);

  it('rotated within its delay → the next period counts from when it was due', () => {
    expect(periodAfter(schedule, due + JITTER_MS).since).toBe(new Date(due).toISOString());
  });

  it('rotated a month late, because it was disabled → the next period counts from now', () => {
    const now = due + 30 * DAY_MS;
    expect(periodAfter(schedule, now).since).toBe(new Date(now).toISOString());
  });
});

it('delays are spread over a day, and the same for one id', () => {
  const delays = Array.from({ length: 1_000 }, (_, index) => jitterOf(`key-${String(index)}`));
  const hours = new Set(delays.map((delay) => Math.floor(delay / 3_600_000)));
  expect(hours.size).toBe(24);
  expect(jitterOf('key-1')).toBe(delays[1]);
});
