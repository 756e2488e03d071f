import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { fileNameOf } from '../../src/state/files/file-names.js';
import type { FilesStateStore } from '../../src/state/files/files-store.js';
import {
  type FilesStoreStart,
  openFilesStateStore,
} from '../../src/state/files/open-files-store.js';
import type { DocumentName, StateStore } from '../../src/state/store.js';
import { systemClock } from '../../src/shared/clock.js';

/** The folder of a state store for one test, gone afterwards. */
export interface StateFolderFixture {
  readonly directory: string;
  readonly storeFile: string;
  /** The warnings of all starts. */
  readonly logged: readonly string[];
  /** Opens the store as a server would; closed when the test ends, if not earlier. */
  readonly open: (start?: Partial<FilesStoreStart>) => Promise<FilesStateStore>;
  readonly documentPath: (name: DocumentName) => string;
  readonly counterPath: (counter: string) => string;
}

/** Makes an empty folder for a state store. */
export async function makeStateFolder(): Promise<StateFolderFixture> {
  const parent = await mkdtemp(join(tmpdir(), 'holdfast-state-'));
  onTestFinished(() => rm(parent, { recursive: true, force: true }));
  return stateFolderAt(join(parent, 'state'));
}

/** The same for a folder that is there already, such as a copy. */
export function stateFolderAt(directory: string): StateFolderFixture {
  const logged: string[] = [];
  const log = { warn: (_: object, message: string) => logged.push(message) };
  const base = { directory, clock: systemClock, randomBytes, log };
  const terms = { ...base, init: true, acceptsLoss: false };
  return {
    directory,
    logged,
    storeFile: join(directory, 'store.json'),
    async open(start = {}) {
      const store = await openFilesStateStore({ ...terms, ...start });
      onTestFinished(() => store.close());
      return store;
    },
    documentPath: ({ collection, id }) => join(directory, 'documents', collection, fileNameOf(id)),
    counterPath: (counter) => join(directory, 'counters', fileNameOf(counter)),
  };
}

/** The documents of {@link makeFilledStateFolder}. */
export const ONE = { collection: 'things', id: 'One' };
/** The second of them, at revision 2. */
export const TWO = { collection: 'things', id: 'two' };
/** A start that may not begin a store. */
export const atStart = { init: false } as const;

/** Puts a document of format 1. */
export function putAt(store: StateStore, name: DocumentName, replaces = 0, contents = '1') {
  return store.put({ ...name, format: 1, contents, replaces });
}

/** The folder of a closed store with two documents and a counter. */
export async function makeFilledStateFolder(): Promise<StateFolderFixture> {
  const folder = await makeStateFolder();
  const store = await folder.open();
  await putAt(store, ONE);
  await putAt(store, TWO);
  await store.beginCounter('count', 5);
  await store.close();
  return folder;
}
