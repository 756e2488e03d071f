import type { Clock } from '../../shared/clock.js';
import { StateError } from '../errors.js';
import type { DocumentName, StateStore, StoredDocument } from '../store.js';

/** Time from one look at damaged documents to the next. */
const LOOK_MS = 5_000;
/** Documents that are looked at; of more, these have to be mended first. */
const MAX_LOOKED_AT = 20;

/**
 * Looks at damaged documents again. Whoever mends one in its place, in the database, raises no
 * revision, so that the replicas do not hear of it by asking for what is newer.
 */
export class MendedRows {
  readonly #clock: Pick<Clock, 'monotonic'>;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /**
   * Reads them again, now and then.
   *
   * @param applied the revision of this replica: what is newer comes in its turn
   * @returns those that the store can read; none where it cannot be asked, which is told by the
   *   next round
   */
  async read(
    store: StateStore,
    damaged: readonly DocumentName[],
    applied: number,
  ): Promise<readonly StoredDocument[]> {
    const now = this.#clock.monotonic();
    if (damaged.length === 0 || now - this.#lookedAt < LOOK_MS) return [];
    this.#lookedAt = now;
    const read: StoredDocument[] = [];
    for (const { collection, id } of damaged.slice(0, MAX_LOOKED_AT)) {
      const stored = await readable(store, { collection, id });
      if (stored !== undefined && stored.revision <= applied) read.push(stored);
    }
    return read;
  }
}

/** @returns undefined as well for one that is damaged still */
async function readable(
  store: StateStore,
  name: DocumentName,
): Promise<StoredDocument | undefined> {
  try {
    return await store.get(name);
  } catch (error) {
    if (error instanceof StateError) return undefined;
    throw error;
  }
}
