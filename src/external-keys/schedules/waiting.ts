import type { KeyRecords } from '../key-records.js';
import { type Done, type ImportedVersion, isEnding } from '../imported.js';
import { type KeyRecord, WAITING_DAYS, type WaitingPeriod } from '../record.js';
import { DAY_MS } from '../../shared/durations.js';

/** The time by the calendar and by the measured running time of the store. */
export interface BothTimes {
  /** Wall-clock time, in ms since 1970. */
  readonly now: number;
  /** Measured running time of the store, in ms. */
  readonly ranMs: number;
}

/** A waiting period that begins now. */
export function waitingFrom(
  { now, ranMs }: BothTimes,
  days: number,
  scheduled: Done,
): WaitingPeriod {
  const lengthMs = days * DAY_MS;
  return {
    scheduled,
    days,
    dueAt: new Date(now + lengthMs).toISOString(),
    dueRanMs: ranMs + lengthMs,
  };
}

/** Tells whether a waiting period is over: its date has come, and the store has run for as long. */
export function isOver({ dueAt, dueRanMs }: WaitingPeriod, { now, ranMs }: BothTimes): boolean {
  return now >= Date.parse(dueAt) && ranMs >= dueRanMs;
}

/** Tells whether anything of a key waits to be destroyed. */
export function isAnyWaiting({ deletion, imports = [], retirements = [] }: KeyRecord): boolean {
  if (deletion !== undefined || imports.some(isEnding)) return true;
  return retirements.some(
    ({ destroyed, waiting }) => destroyed === undefined && waiting !== undefined,
  );
}

/**
 * Makes every waiting period of a key manager's keys begin anew: after a restore nobody knows what
 * an operator has decided since the backup.
 *
 * @returns the number of keys
 * @throws StateError
 */
export async function beginWaitingAnew(records: KeyRecords, times: BothTimes): Promise<number> {
  let keys = 0;
  for (const { value, revision } of records.list()) {
    if (value.kind !== 'key' || !isAnyWaiting(value)) continue;
    await records.put(begunAnew(value, times), revision);
    keys += 1;
  }
  return keys;
}

function begunAnew(
  { deletion, imports, retirements, ...record }: KeyRecord,
  times: BothTimes,
): KeyRecord {
  const anew = ({ days, scheduled }: WaitingPeriod) => waitingFrom(times, days, scheduled);
  return {
    ...record,
    ...(deletion && { deletion: anew(deletion) }),
    ...(imports && { imports: imports.map((each) => measuredAnew(each, times)) }),
    ...(retirements && {
      retirements: retirements.map((each) =>
        each.destroyed === undefined && each.waiting !== undefined
          ? { ...each, waiting: anew(each.waiting) }
          : each,
      ),
    }),
  };
}

/** Material that has expired is kept for a while, though nobody can use it. */
function measuredAnew(imported: ImportedVersion, { now, ranMs }: BothTimes): ImportedVersion {
  if (!isEnding(imported)) return imported;
  const leftMs = Date.parse(imported.expiresAt) - now;
  return { ...imported, dueRanMs: ranMs + Math.max(leftMs, WAITING_DAYS.min * DAY_MS) };
}
