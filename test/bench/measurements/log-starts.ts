import type { Options } from '../options.js';
import { FolderState } from '../targets/sealed.js';
import { measureInTurn, type StartsResult } from './starts.js';

/** The starts of a server by the length of its audit log. */
export interface LogStartsResult extends StartsResult {
  /** Bytes of records that were added to those of the first start. */
  readonly logBytes: number;
  /** Keys that were destroyed, by the records of the log. */
  readonly destroyed: number;
}

/**
 * Measures the starts of servers that have never read their audit log for destructions: a start
 * after those reads only what is new in it.
 */
export async function measureLogStarts({
  logBytes,
  starts,
}: Options): Promise<readonly LogStartsResult[]> {
  const kinds = [
    { logBytes: 0, destroyed: 0 },
    { logBytes, destroyed: 0 },
    { logBytes, destroyed: 100 },
  ];
  const folders: FolderState[] = [];
  try {
    for (const kind of kinds) {
      const folder = await FolderState.begin({ durability: 'written' });
      folders.push(folder);
      if (kind.logBytes > 0) await folder.lengthenLog(kind.logBytes, kind.destroyed);
    }
    const measured = folders.map((folder) => () => folder.start('log'));
    const results = await measureInTurn(measured, starts);
    return kinds.flatMap((kind, n) => {
      const result = results[n];
      return result === undefined ? [] : [{ ...kind, ...result }];
    });
  } finally {
    for (const folder of folders) await folder.remove();
  }
}
