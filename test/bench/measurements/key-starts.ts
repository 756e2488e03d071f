import type { Options } from '../options.js';
import { FolderState, SharedState } from '../targets/sealed.js';
import { measureInTurn, type StartsResult } from './starts.js';

/** The starts of a server by its store and its keys. */
export interface KeyStartsResult extends StartsResult {
  readonly store: 'files' | 'PostgreSQL';
  /** Number of keys besides the two that every start makes. */
  readonly keys: number;
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
    const results = await measureInTurn(
      [
        ...folders.map((folder) => () => folder.start('files')),
        ...shared.map((state) => () => state.startReplica('pg')),
      ],
      starts,
    );
    return results.map((result, n) => ({
      store: n < folders.length ? 'files' : 'PostgreSQL',
      keys: n % 2 === 0 ? 0 : keys,
      ...result,
    }));
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
