import { setTimeout as pause } from 'node:timers/promises';
import type { Options } from '../options.js';
import { residentBytes } from '../process-usage.js';
import { median } from '../statistics.js';
import type { RunningHoldfast } from '../targets/holdfast.js';
import { FolderState, SharedState } from '../targets/sealed.js';

/** For what a start leaves behind to be collected. */
const SETTLE_MS = 3_000;

/** The starts of a server by its store and its keys. */
export interface KeyStartsResult {
  readonly store: 'files' | 'PostgreSQL';
  /** Number of keys besides the two that every start makes. */
  readonly keys: number;
  /** Times from the start of the process until it serves. */
  readonly startMs: readonly number[];
  /** Resident memory, three seconds after each start. */
  readonly residentBytes: readonly number[];
  readonly medianStartMs: number;
  readonly medianResidentBytes: number;
}

interface Measured extends Pick<KeyStartsResult, 'store' | 'keys'> {
  readonly start: () => Promise<RunningHoldfast>;
}

/** Measures starts without keys and with many, from files and from PostgreSQL, in turn. */
export async function measureKeyStarts({
  keys,
  starts,
}: Options): Promise<readonly KeyStartsResult[]> {
  const folders = [await FolderState.begin(), await FolderState.begin()] as const;
  const shared: SharedState[] = [];
  try {
    shared.push(await begunState(), await begunState());
    await folders[1].plantKeys(keys);
    await shared[1]?.plantKeys(keys);
    const measured = [
      ...folders.map((folder) => ({ store: 'files', start: () => folder.start('files') })),
      ...shared.map((state) => ({ store: 'PostgreSQL', start: () => state.startReplica('pg') })),
    ].map((each, n) => ({ ...each, keys: n % 2 === 0 ? 0 : keys }) as Measured);
    return await measureInTurn(measured, starts);
  } finally {
    for (const folder of folders) await folder.remove();
    for (const state of shared) await state.stop();
  }
}

async function begunState(): Promise<SharedState> {
  const state = await SharedState.launch();
  const first = await state.startReplica('first');
  await first.stop();
  return state;
}

async function measureInTurn(
  measured: readonly Measured[],
  starts: number,
): Promise<readonly KeyStartsResult[]> {
  const taken = measured.map(() => ({ startMs: [] as number[], residentBytes: [] as number[] }));
  for (let round = 0; round < starts; round += 1) {
    for (const [n, { start }] of measured.entries()) {
      const server = await start();
      taken[n]?.startMs.push(server.startMs);
      await pause(SETTLE_MS);
      taken[n]?.residentBytes.push(residentBytes(server.pid));
      await server.stop();
    }
  }
  return measured.map(({ store, keys }, n) => {
    const { startMs = [], residentBytes: resident = [] } = taken[n] ?? {};
    return {
      ...{ store, keys, startMs, residentBytes: resident },
      medianStartMs: median(startMs),
      medianResidentBytes: median(resident),
    };
  });
}
