import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AtomicWrite, removeTemporaryFiles } from '../../../durable/atomic-write.js';
import { type FileRemoval, removeFile, replaceAndOverwrite } from '../../../durable/erase.js';
import { type FolderLock, lockFolderAnd, lockFolderToRead } from '../../../durable/folder-lock.js';
import {
  assertPrivateFiles,
  assertPrivateFolder,
  makePrivateFolder,
} from '../../../durable/private.js';
import { ifThere } from '../../../shared/errno.js';
import {
  type CounterFile,
  parseCounterFile,
  parseCounterFileOfAnyKey,
  renderCounterFile,
} from '../../counting/counter-file.js';
import { DamagedDocumentError, type KeyDocument, renderKeyDocument } from '../keys/key-document.js';
import { fileNameOf } from '../../counting/key-names.js';
import type { DestroyedKey } from '../keys/place.js';
import { type DestroyedDocument, renderDestroyedDocument } from './destroyed-document.js';

/** The folder of the counters, inside the key folder. */
export const COUNTERS = 'counters';
/** The folder of the documents of keys that have moved away, inside the key folder. */
export const LEFT_BEHIND = 'moved';
/** The folder of the wrapping keys, inside the key folder. */
export const WRAPPING_KEYS = 'wrapping-keys';
/** The file that says that keys have moved out of the folder, or not all into it. */
export const MOVE_MARK = 'move.json';
/** Whatever else its name says: a document that was renamed is damaged and not overlooked. */
const DOCUMENT_EXTENSION = '.json';

/** The acts by which files change, which tests replace. */
export interface FolderActs {
  readonly writeFile: AtomicWrite;
  readonly removeFile: FileRemoval;
}

/** For a folder that is only read: what is written is lost when it is closed. */
const NO_ACTS: FolderActs = {
  writeFile: () => Promise.resolve(),
  removeFile: () => Promise.resolve(),
};

/**
 * The folder on disk, locked for this process: `key-….json` a key, and `counters/` with a file of
 * the same name for each. Knows names, permissions and durability, and nothing of cryptography.
 */
export class KeyFolder {
  readonly path: string;
  readonly #lock: FolderLock;
  readonly #acts: FolderActs;

  private constructor(path: string, lock: FolderLock, acts: FolderActs) {
    this.path = path;
    this.#lock = lock;
    this.#acts = acts;
  }

  /**
   * Locks the folder, looks at who can reach it and clears away what a crash left.
   *
   * @throws NotPrivateError, FolderInUseError, or the file system's own error
   */
  static async open(
    path: string,
    writeFile: AtomicWrite,
    remove: FileRemoval = removeFile,
  ): Promise<KeyFolder> {
    const lock = await lockFolderAnd(prepare, path);
    return new KeyFolder(path, lock, { writeFile, removeFile: remove });
  }

  /**
   * Locks the folder, unless it has no lock file, and looks at who can reach it. What is written
   * stays unwritten: it is lost when the folder is closed.
   *
   * @throws as {@link open}
   */
  static async openToRead(path: string): Promise<KeyFolder> {
    return new KeyFolder(path, await lockFolderAnd(assertPrivate, path, lockFolderToRead), NO_ACTS);
  }

  /** The file names of all key documents, in alphabetical order. */
  documentNames(): Promise<readonly string[]> {
    return documentNamesIn(this.path);
  }

  /** The file names of counters whose key has no document, in alphabetical order. */
  async orphanedCounterNames(): Promise<readonly string[]> {
    const documents = new Set(await this.documentNames());
    const counters = (await ifThere(documentNamesIn(join(this.path, COUNTERS)))) ?? [];
    return counters.filter((name) => !documents.has(name));
  }

  /** @throws DamagedDocumentError for a file that the disk does not give back */
  async readDocument(fileName: string): Promise<string> {
    try {
      return await readFile(join(this.path, fileName), 'utf8');
    } catch (cause) {
      throw new DamagedDocumentError(`cannot be read: ${String(cause)}`, { cause });
    }
  }

  /** The text of the document of this id. @returns undefined where there is none */
  documentText(externalKeyId: string): Promise<string | undefined> {
    return ifThere(readFile(this.#documentPath(externalKeyId), 'utf8'));
  }

  /** Tells whether a document of this id is on disk, read or not. */
  async hasDocument(externalKeyId: string): Promise<boolean> {
    return exists(this.#documentPath(externalKeyId));
  }

  /** @param erases true where the file that it replaces is to be overwritten */
  writeDocument(document: KeyDocument, erases = false): Promise<void> {
    const text = renderKeyDocument(document);
    return this.#replace(this.#documentPath(document.externalKeyId), text, erases);
  }

  /** Puts what says that a key is destroyed in the place of its document, which is overwritten. */
  writeDestroyed(document: DestroyedDocument): Promise<void> {
    const text = renderDestroyedDocument(document);
    return this.#replace(this.#documentPath(document.externalKeyId), text, true);
  }

  /** Removes the counter of a key that has no document here. */
  removeOrphanedCounter(fileName: string): Promise<void> {
    return this.#acts.removeFile(join(this.path, COUNTERS, fileName));
  }

  /** Overwrites and removes a file of the folder. */
  async eraseFile(fileName: string): Promise<void> {
    const path = join(this.path, fileName);
    await this.#replace(path, '', true);
    await this.#acts.removeFile(path);
  }

  /** Removes a document for good. */
  removeDocument(externalKeyId: string): Promise<void> {
    return this.#acts.removeFile(this.#documentPath(externalKeyId));
  }

  /** Writes the file of a wrapping key. */
  async writeWrappingKey(wrappingKeyId: string, text: string): Promise<void> {
    if (this.#acts !== NO_ACTS) await makePrivateFolder(join(this.path, WRAPPING_KEYS));
    await this.#acts.writeFile(this.#wrappingKeyPath(wrappingKeyId), text);
  }

  /** Reads the file of a wrapping key. @returns undefined where there is none */
  readWrappingKey(wrappingKeyId: string): Promise<string | undefined> {
    return ifThere(readFile(this.#wrappingKeyPath(wrappingKeyId), 'utf8'));
  }

  /** The names of the wrapping keys. */
  async wrappingKeyIds(): Promise<readonly string[]> {
    const names = (await ifThere(documentNamesIn(join(this.path, WRAPPING_KEYS)))) ?? [];
    return names.map((name) => name.slice(0, -DOCUMENT_EXTENSION.length));
  }

  /** Overwrites and removes the file of a wrapping key. */
  async removeWrappingKey(wrappingKeyId: string): Promise<void> {
    if ((await this.readWrappingKey(wrappingKeyId)) === undefined) return;
    await this.eraseFile(join(WRAPPING_KEYS, `${wrappingKeyId}${DOCUMENT_EXTENSION}`));
  }

  /** @returns undefined where it is missing, unreadable or not this key's */
  async readCounter(externalKeyId: string): Promise<CounterFile | undefined> {
    try {
      const text = await readFile(this.#counterPath(externalKeyId), 'utf8');
      return parseCounterFile(externalKeyId, text);
    } catch {
      return undefined; // Whatever the reason: a key whose count is unknown gets a new version.
    }
  }

  /** The key whose destruction a counter file notes. @returns undefined for any other file */
  async destroyedKey(fileName: string): Promise<DestroyedKey | undefined> {
    const text = await ifThere(readFile(join(this.path, COUNTERS, fileName), 'utf8'));
    const { externalKeyId, destroyedAt } = parseCounterFileOfAnyKey(text ?? '') ?? {};
    return destroyedAt === undefined || externalKeyId === undefined
      ? undefined
      : { externalKeyId, destroyedAt };
  }

  writeCounter(counter: CounterFile): Promise<void> {
    return this.#acts.writeFile(
      this.#counterPath(counter.externalKeyId),
      renderCounterFile(counter),
    );
  }

  /** Lets another process have the folder. */
  async close(): Promise<void> {
    await this.#lock.release();
  }

  #replace(path: string, text: string, erases: boolean): Promise<void> {
    const { writeFile } = this.#acts;
    return erases ? replaceAndOverwrite(path, text, writeFile) : writeFile(path, text);
  }

  #documentPath(externalKeyId: string): string {
    return join(this.path, fileNameOf(externalKeyId));
  }

  #wrappingKeyPath(wrappingKeyId: string): string {
    return join(this.path, WRAPPING_KEYS, `${wrappingKeyId}${DOCUMENT_EXTENSION}`);
  }

  #counterPath(externalKeyId: string): string {
    return join(this.path, COUNTERS, fileNameOf(externalKeyId));
  }
}

/**
 * True for a folder with any key document, damaged ones too, and for one whose keys have moved.
 * Where it does, a master key must never be made. A folder that does not exist holds none.
 *
 * @throws the file system's error for a folder that cannot be read
 */
export async function hasKeyDocuments(directory: string): Promise<boolean> {
  if (!(await exists(directory))) return false;
  const isMarked = await exists(join(directory, MOVE_MARK));
  return isMarked || (await documentNamesIn(directory)).length > 0;
}

/** Lists the file names of all key documents in a folder, in alphabetical order. */
export async function documentNamesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder);
  return names.filter((name) => name.endsWith(DOCUMENT_EXTENSION) && name !== MOVE_MARK).sort();
}

async function prepare(path: string): Promise<void> {
  const counters = join(path, COUNTERS);
  await makePrivateFolder(counters);
  await assertPrivateFolder(counters);
  const wrappingKeys = join(path, WRAPPING_KEYS);
  const written = [path, counters, ...((await exists(wrappingKeys)) ? [wrappingKeys] : [])];
  for (const folder of written) await removeTemporaryFiles(folder);
  await assertPrivate(path);
}

/** Checks that only the owner can reach a folder. A backup that is only read may lack it. */
async function assertPrivate(path: string): Promise<void> {
  const folders = [path];
  for (const name of [COUNTERS, WRAPPING_KEYS]) {
    const folder = join(path, name);
    if (await exists(folder)) folders.push(folder);
  }
  for (const folder of folders) {
    await assertPrivateFolder(folder);
    await assertPrivateFiles(await filesIn(folder));
  }
}

/**
 * All that is in a folder but subfolders, unless one has a document's name: links and pipes too.
 */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory() || entry.name.endsWith(DOCUMENT_EXTENSION))
    .map((entry) => join(folder, entry.name));
}

async function exists(path: string): Promise<boolean> {
  return (await ifThere(access(path).then(() => true))) === true;
}
