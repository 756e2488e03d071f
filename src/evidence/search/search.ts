import { type Filter, timeOf } from './filter.js';
import { type Hit, type SearchConfig, searchLog } from './search-log.js';

type Hits = AsyncGenerator<Hit, void, undefined>;

/** The next record of a log, and the rest. */
interface Head {
  readonly hit: Hit;
  readonly rest: Hits;
}

/**
 * Searches logs for records. The records of one log come in its order; between logs, the one with
 * the earlier time comes first.
 *
 * Whatever could not be read is told as an event `unreadable`.
 *
 * @param logs folders, one a replica
 * @throws NoLogError, or the file system's error when a folder cannot be read
 */
export async function* search(logs: readonly string[], filter: Filter, config: SearchConfig): Hits {
  const heads: Head[] = [];
  const threads = Math.max(1, Math.floor(config.threads / logs.length));
  const all = logs.map((log) => searchLog(log, filter, { ...config, threads }));
  try {
    for (const hits of all) await advance(hits, heads);
    for (let next = takeEarliest(heads); next !== undefined; next = takeEarliest(heads)) {
      yield next.hit;
      await advance(next.rest, heads);
    }
  } finally {
    // Whoever has seen enough would leave files open.
    for (const hits of all) await hits.return();
  }
}

async function advance(rest: Hits, heads: Head[]): Promise<void> {
  const next = await rest.next();
  if (next.done !== true) heads.push({ hit: next.value, rest });
}

function takeEarliest(heads: Head[]): Head | undefined {
  let earliest = 0;
  for (const [at, { hit }] of heads.entries()) {
    const than = heads[earliest];
    if (than !== undefined && timeOf(hit.record) < timeOf(than.hit.record)) earliest = at;
  }
  return heads.splice(earliest, 1)[0];
}
