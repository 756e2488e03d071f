import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Reconciliation } from '../../../src/evidence/reconciliation/outcome.js';
import { reconcile } from '../../../src/evidence/reconciliation/reconcile.js';
import type { HoldfastServer } from '../holdfast-server.js';

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;

/** Compares CloudTrail's files with a server's audit log, as would be done two hours later. */
export function comparedLater(
  bucket: string,
  { stateDirectory }: HoldfastServer,
  from: number,
): Promise<Reconciliation> {
  const later = () => Date.now() + 2 * HOUR_MS;
  return reconcile({
    cloudTrail: [bucket],
    logs: [join(stateDirectory, 'audit')],
    period: { from, to: undefined },
    customKeyStores: [],
    collectedAt: later(),
    clock: { now: later },
  });
}

/** Waits for a whole second: CloudTrail tells no less, so a comparison begins with one. */
export async function wholeSecond(): Promise<number> {
  await sleep(SECOND_MS - (Date.now() % SECOND_MS) + 5);
  return Date.now() - (Date.now() % SECOND_MS);
}
