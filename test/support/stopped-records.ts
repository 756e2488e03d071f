import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { documentIdOf, externalKeyRecords, type IdRecord } from '../../src/external-keys/record.js';
import { systemClock } from '../../src/shared/clock.js';
import { openFilesStateStore } from '../../src/state/files/open-files-store.js';
import type { StateStore } from '../../src/state/store.js';

const LONG_AGO = { at: '2026-01-01T00:00:00.000Z', by: 'ann' };

/** A waiting period that is over: nobody waits for seven days in a test. */
export const OVER = {
  scheduled: LONG_AGO,
  days: 7,
  dueAt: '2026-01-08T00:00:00.000Z',
  dueRanMs: 0,
};

/** The records of keys and aliases in the state store of a Holdfast that has stopped. */
export class StoppedRecords {
  readonly #open: () => Promise<StateStore>;
  readonly #keyManager: string;

  /** @param open opens the store, which is closed after each use */
  constructor(open: () => Promise<StateStore>, keyManager = 'files') {
    this.#open = open;
    this.#keyManager = keyManager;
  }

  /** @param stateDirectory of the Holdfast, whose state store is in files */
  static inFolder(stateDirectory: string): StoppedRecords {
    return new StoppedRecords(() =>
      openFilesStateStore({
        ...{ directory: join(stateDirectory, 'state'), clock: systemClock, randomBytes },
        ...{ log: { warn: () => undefined }, init: false, acceptsLoss: false },
      }),
    );
  }

  /** Every record. */
  list(): Promise<readonly IdRecord[]> {
    return this.#inStore(async (store) => {
      const documents = await store.list(externalKeyRecords.name);
      return documents.flatMap(({ contents }) =>
        contents === undefined ? [] : [recordIn(contents)],
      );
    });
  }

  /** Changes the record of an id. @param change also to what is no record */
  change(externalKeyId: string, change: (record: IdRecord) => object): Promise<void> {
    return this.#inStore(async (store) => {
      const id = documentIdOf(this.#keyManager, externalKeyId);
      const name = { collection: externalKeyRecords.name, id };
      const { contents = '', revision: replaces = 0 } = (await store.get(name)) ?? {};
      const changed = JSON.stringify(change(recordIn(contents)));
      await store.put({ ...name, format: 1, contents: changed, replaces });
    });
  }

  async #inStore<T>(work: (store: StateStore) => Promise<T>): Promise<T> {
    const store = await this.#open();
    try {
      return await work(store);
    } finally {
      await store.close();
    }
  }
}

function recordIn(contents: string): IdRecord {
  return externalKeyRecords.newest.schema.parse(JSON.parse(contents));
}
