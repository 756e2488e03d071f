import { join } from 'node:path';
import type { Reconciliation } from '../../../../src/evidence/reconciliation/outcome.js';
import {
  reconcile,
  type ReconciliationInput,
} from '../../../../src/evidence/reconciliation/reconcile.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { logFile, otherEvent, wholeDay, writeInput, writeLog } from './fixtures.js';

type Fields = Record<string, unknown>;

/**
 * Compares events with the records of one day, at the end of that day unless the options say
 * otherwise. Beside them the input has events of another service, at 1 and at 13 o'clock.
 */
export async function compare(
  events: readonly Fields[],
  records: readonly Fields[],
  options: Partial<ReconciliationInput> = {},
): Promise<Reconciliation> {
  const folder = temporaryFolder();
  const otherEvents = [otherEvent({ eventTime: '2026-03-01T01:00:00Z' }), otherEvent()];
  return reconcile({
    cloudTrail: [writeInput(folder, 'trail.json', logFile(...events, ...otherEvents))],
    logs: [writeLog(join(folder, 'log'), wholeDay(...records))],
    period: { from: undefined, to: undefined },
    customKeyStores: [],
    collectedAt: undefined,
    clock: { now: () => Date.parse('2026-03-02T00:00:00Z') },
    ...options,
  });
}

/** The counts of every class, those without anything left out. */
export function classes(result: Reconciliation): Fields {
  const { matched, explained, notCovered, pending } = result;
  const { failedInKms, ...others } = explained;
  const counts = {
    matched: matched.calls,
    repeats: matched.repeats,
    used: result.usedHereWithoutCloudTrailEvent.count,
    neverArrived: result.inCloudTrailNeverArrivedHere.count,
    pending: pending.count,
    notCovered: notCovered.reduce((sum, { calls }) => sum + calls, 0),
    failed: Object.values(failedInKms).reduce((sum, count) => sum + count, 0),
    ...others,
  };
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));
}
