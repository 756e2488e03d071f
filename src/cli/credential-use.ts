import type { LogTail } from '../audit/read/log-tail.js';
import type { AuditRecord } from '../audit/record/index.js';
import type { Use, UseSince } from '../aws/acts/rotate-credential.js';
import type { SearchEvent } from '../evidence/search/search-log.js';
import { CliError, EXIT } from './exit.js';

/** The length of the spans of time, in ms, by which uses are counted. */
const SPAN_MS = 100;

/**
 * Counts by an audit log which credentials of a key store have signed.
 *
 * @returns undefined where there is no log in the folder
 * @throws the file system's error
 */
export async function credentialUse(
  keyStore: string,
  folder: string,
): Promise<UseSince | undefined> {
  const { LogFolder, NoLogError } = await import('../audit/read/log-folder.js');
  try {
    await LogFolder.open(folder);
  } catch (error) {
    if (error instanceof NoLogError) return undefined;
    throw error;
  }
  const use = new UseByLog(keyStore, folder);
  return (since) => use.since(since.getTime());
}

/** The use of a key store's credentials, searched for once and followed from then on. */
class UseByLog {
  readonly #keyStore: string;
  readonly #folder: string;
  /** Counts by the beginning of their span, in ms since 1970, and by access key id. */
  readonly #counts = new Map<number, Map<string, number>>();
  #tail: LogTail | undefined;
  #fromMs = 0;
  /** Sequence of the last record that was counted. */
  #last = -1;

  constructor(keyStore: string, folder: string) {
    this.#keyStore = keyStore;
    this.#folder = folder;
  }

  /** @returns the use since a time by access key id */
  async since(fromMs: number): Promise<ReadonlyMap<string, Use>> {
    if (this.#tail === undefined || fromMs < this.#fromMs) await this.#search(fromMs);
    else await this.#follow(this.#tail);
    return this.#sum(fromMs);
  }

  async #search(fromMs: number): Promise<void> {
    const { LogTail } = await import('../audit/read/log-tail.js');
    const { searchLog } = await import('../evidence/search/search-log.js');
    const { exactly } = await import('../evidence/search/condition.js');
    this.#counts.clear();
    this.#last = -1;
    // Before the search: what comes in between is in both, and is counted once by its sequence.
    const tail = await LogTail.open(this.#folder);
    const filter = {
      conditions: [exactly('keyStore', this.#keyStore)],
      fromMs,
      toMs: undefined,
    };
    const search = searchLog(this.#folder, filter, { threads: 1, notify: refuse });
    for await (const { record } of search) this.#count(record);
    this.#tail = tail;
    this.#fromMs = fromMs;
  }

  async #follow(tail: LogTail): Promise<void> {
    const { parseRecord } = await import('../audit/read/records.js');
    for (const line of await tail.take()) {
      const record = parseRecord(line);
      if (record === undefined) refuse({ segment: this.#folder });
      this.#count(record);
    }
  }

  #count(record: AuditRecord): void {
    if (record.sequence <= this.#last) return;
    this.#last = record.sequence;
    // KMS asks for the health of a key store that nobody uses as well.
    if (record.type !== 'key-operation' && record.type !== 'health-check') return;
    if (record.keyStore !== this.#keyStore || record.authenticationFailure !== undefined) return;
    const at = Date.parse(record.time);
    const begin = at - (at % SPAN_MS);
    const counts = this.#counts.get(begin) ?? new Map<string, number>();
    this.#counts.set(begin, counts);
    const id = record.accessKeyId ?? 'an unknown credential';
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }

  /** Adds up, and forgets what came before. */
  #sum(fromMs: number): ReadonlyMap<string, Use> {
    this.#fromMs = fromMs;
    const sum = new Map<string, Use>();
    for (const [begin, counts] of this.#counts) {
      if (begin + SPAN_MS <= fromMs) {
        this.#counts.delete(begin);
        continue;
      }
      for (const [id, count] of counts) {
        const { requests, firstAt } = sum.get(id) ?? { requests: 0, firstAt: begin };
        sum.set(id, { requests: requests + count, firstAt: Math.min(firstAt, begin) });
      }
    }
    return sum;
  }
}

/** Refuses a part that could not be read: it might tell of the old credential. */
function refuse({ segment }: Pick<SearchEvent, 'segment'>): never {
  throw new CliError(EXIT.failed, `${segment} of the audit log could not be searched wholly`);
}
