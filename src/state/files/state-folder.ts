import { readFileSync } from 'node:fs';
import { access, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type AtomicWrite, removeTemporaryFiles, syncFolder } from '../../durable/atomic-write.js';
import { type FolderLock, lockFolderAnd } from '../../durable/folder-lock.js';
import { namesIn } from '../../durable/names-in.js';
import {
  assertPrivateFiles,
  assertPrivateFolder,
  makePrivateFolder,
} from '../../durable/private.js';
import { ifThere } from '../../shared/errno.js';
import { StateError } from '../errors.js';
import { EXTENSION } from './file-names.js';

/** The file that says which store it is. */
export const STORE_FILE = 'store.json';
/** The folder with a folder of documents for each collection. */
export const DOCUMENTS = 'documents';
/** The folder of the counters. */
export const COUNTERS = 'counters';
/** The folder with a folder of uses for each collection. */
export const USES = 'uses';

/** The folders that have a folder for each collection. */
type Collected = typeof DOCUMENTS | typeof USES;

/**
 * The folder of a state store, locked for this process: `store.json`, `documents/COLLECTION/`,
 * `uses/COLLECTION/` and `counters/`. Knows names, permissions and durability, and nothing of what
 * is in the files.
 */
export class StateFolder {
  readonly path: string;
  readonly #lock: FolderLock;
  readonly #writeFile: AtomicWrite;

  private constructor(path: string, lock: FolderLock, writeFile: AtomicWrite) {
    this.path = path;
    this.#lock = lock;
    this.#writeFile = writeFile;
  }

  /**
   * Locks a folder that is there, looks at who can reach it and clears away what a crash left.
   *
   * @throws NotPrivateError, FolderInUseError, or the file system's own error
   */
  static async open(path: string, writeFile: AtomicWrite): Promise<StateFolder> {
    return new StateFolder(path, await lockFolderAnd(prepare, path), writeFile);
  }

  /** The text of a file, by its path in the folder; undefined where there is none. */
  read(file: string): Promise<string | undefined> {
    return ifThere(readFile(join(this.path, file), 'utf8'));
  }

  /**
   * The text of a file that is there. Nothing else runs meanwhile, which is for a start alone: with
   * thousands of files it takes half the time, and leaves no garbage behind.
   *
   * @throws the file system's error
   */
  readAtStart(file: string): string {
    return readFileSync(join(this.path, file), 'utf8');
  }

  /** Tells whether a file is on disk, read or not. */
  async has(file: string): Promise<boolean> {
    return (await ifThere(access(join(this.path, file)).then(() => true))) === true;
  }

  /**
   * Replaces a file. When it resolves, the file outlives a power cut.
   *
   * @throws StateError `unavailable` where the file is as it was, else `outcome-unknown`
   */
  async write(file: string, text: string): Promise<void> {
    const path = join(this.path, file);
    try {
      await this.#writeFile(path, text);
    } catch (cause) {
      const code = (await this.#isAsBefore(file, text)) ? 'unavailable' : 'outcome-unknown';
      throw new StateError(code, `${path} cannot be written: ${String(cause)}`, { cause });
    }
  }

  /**
   * Removes files of one folder, so that they stay removed after a power cut.
   *
   * @throws StateError `outcome-unknown`
   */
  async remove(folder: string, names: readonly string[]): Promise<void> {
    const path = join(this.path, folder);
    try {
      for (const name of names) await rm(join(path, name), { force: true });
      await syncFolder(path);
    } catch (cause) {
      const message = `files in ${path} cannot be removed: ${String(cause)}`;
      throw new StateError('outcome-unknown', message, { cause });
    }
  }

  /** Makes a folder for a collection, unless there is one. @throws StateError `unavailable` */
  async makeCollection(kind: Collected, collection: string): Promise<void> {
    const path = join(this.path, kind, collection);
    try {
      await makePrivateFolder(path);
    } catch (cause) {
      throw new StateError('unavailable', `${path} cannot be made: ${String(cause)}`, { cause });
    }
  }

  /** The collections that have a folder. */
  collections(): Promise<readonly string[]> {
    return foldersIn(join(this.path, DOCUMENTS));
  }

  /** The names of the files in one folder, in alphabetical order. */
  async files(folder: string): Promise<readonly string[]> {
    const names = await namesIn(join(this.path, folder));
    return names.filter((name) => name.endsWith(EXTENSION)).sort();
  }

  /**
   * The paths of what is in the folder and none of its files, such as another program's copy of
   * one. Nothing reads it.
   */
  async strays(): Promise<readonly string[]> {
    const strays: string[] = [];
    for (const kind of [DOCUMENTS, USES]) {
      const entries = await readdir(join(this.path, kind), { withFileTypes: true });
      const files = entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
      strays.push(...files.map((name) => join(this.path, kind, name)));
    }
    for (const folder of [join(this.path, COUNTERS), ...(await collectionFolders(this.path))]) {
      const names = (await namesIn(folder)).filter((name) => !name.endsWith(EXTENSION));
      strays.push(...names.map((name) => join(folder, name)));
    }
    return strays.sort();
  }

  /** True where a write that failed has certainly left the old contents. */
  async #isAsBefore(file: string, text: string): Promise<boolean> {
    try {
      return (await this.read(file)) !== text;
    } catch {
      return false; // The failure of the write is the one to tell of.
    }
  }

  /** Lets another process have the folder. */
  async close(): Promise<void> {
    await this.#lock.release();
  }
}

/**
 * Tells whether a store has been begun in a folder, as a whole or in part. A folder that does not
 * exist has none.
 *
 * @throws the file system's error for a folder that cannot be read
 */
export async function isStoreIn(path: string): Promise<boolean> {
  if ((await namesIn(path)).includes(STORE_FILE)) return true;
  for (const folder of await collectionFolders(path)) {
    if ((await namesIn(folder)).some((name) => name.endsWith(EXTENSION))) return true;
  }
  return false;
}

/** The folders inside that hold what must be private, as they are there. */
export async function foldersInside(path: string): Promise<readonly string[]> {
  const own = [DOCUMENTS, USES, COUNTERS].map((name) => join(path, name));
  return [path, ...own, ...(await collectionFolders(path))];
}

async function collectionFolders(path: string): Promise<readonly string[]> {
  const kinds = [DOCUMENTS, USES].map(async (kind) =>
    (await foldersIn(join(path, kind))).map((name) => join(path, kind, name)),
  );
  return (await Promise.all(kinds)).flat();
}

async function foldersIn(path: string): Promise<readonly string[]> {
  const entries = (await ifThere(readdir(path, { withFileTypes: true }))) ?? [];
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

async function prepare(path: string): Promise<void> {
  for (const folder of [DOCUMENTS, USES, COUNTERS]) await makePrivateFolder(join(path, folder));
  for (const folder of await foldersInside(path)) {
    await assertPrivateFolder(folder);
    await removeTemporaryFiles(folder);
    await assertPrivateFiles(await filesIn(folder));
  }
}

/** All that is in a folder but subfolders, unless one has a file's name: links and pipes too. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory() || entry.name.endsWith(EXTENSION))
    .map((entry) => join(folder, entry.name));
}
