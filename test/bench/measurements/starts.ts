import { setTimeout as pause } from 'node:timers/promises';
import { residentBytes } from '../process-usage.js';
import { median } from '../statistics.js';
import type { RunningHoldfast } from '../targets/holdfast.js';

/** For what a start leaves behind to be collected. */
const SETTLE_MS = 3_000;

/** The starts of one kind of server. */
export interface StartsResult {
  /** Times from the start of the process until it serves. */
  readonly startMs: readonly number[];
  /** Resident memory, three seconds after each start. */
  readonly residentBytes: readonly number[];
  readonly medianStartMs: number;
  readonly medianResidentBytes: number;
}

/** Starts servers in turn, again and again. @returns their results, in their order */
export async function measureInTurn(
  measured: readonly (() => Promise<RunningHoldfast>)[],
  starts: number,
): Promise<readonly StartsResult[]> {
  const taken = measured.map(() => ({ startMs: [] as number[], residentBytes: [] as number[] }));
  for (let round = 0; round < starts; round += 1) {
    for (const [n, start] of measured.entries()) {
      const server = await start();
      taken[n]?.startMs.push(server.startMs);
      await pause(SETTLE_MS);
      taken[n]?.residentBytes.push(residentBytes(server.pid));
      await server.stop();
    }
  }
  return taken.map(({ startMs, residentBytes: resident }) => ({
    ...{ startMs, residentBytes: resident },
    medianStartMs: median(startMs),
    medianResidentBytes: median(resident),
  }));
}
