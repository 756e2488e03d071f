import { join } from 'node:path';
import { assertCollection, assertUsesChange } from '../assert-request.js';
import type {
  DamagedDocument,
  DocumentName,
  ListedUses,
  StoredUses,
  UsesChange,
} from '../store.js';
import { likelyIdOf } from './document-file.js';
import { fileNameOf } from './file-names.js';
import { type StateFolder, USES } from './state-folder.js';
import { NewerFileError, whyUnusable } from './stored-file.js';
import { parseUsesFile, renderUsesFile } from './uses-file.js';
import type { WriteQueue } from './write-queue.js';

/** Under which writings of uses wait for each other; no counter has such a name. */
const USES_CHANGES = ' uses';

/** The uses of a store: a file each, read when somebody asks. */
export class FileUses {
  readonly #folder: StateFolder;
  readonly #queue: WriteQueue;
  readonly #newToken: () => string;

  constructor(folder: StateFolder, queue: WriteQueue, newToken: () => string) {
    this.#folder = folder;
    this.#queue = queue;
    this.#newToken = newToken;
  }

  async list(collection: string): Promise<ListedUses> {
    assertCollection(collection);
    const uses: StoredUses[] = [];
    const damaged: DamagedDocument[] = [];
    for (const name of await this.#folder.files(join(USES, collection))) {
      const found = await this.#load(collection, name);
      if (found === undefined) continue;
      if ('problem' in found) damaged.push(found);
      else uses.push(found);
    }
    return { uses: uses.sort((a, b) => (a.id < b.id ? -1 : 1)), damaged };
  }

  async put(changes: readonly UsesChange[]): Promise<readonly StoredUses[]> {
    changes.forEach(assertUsesChange);
    return this.#queue.run(USES_CHANGES, async () => {
      const written: StoredUses[] = [];
      for (const change of changes) {
        if (!(await this.#mayReplace(change))) continue;
        const { collection, id, format, contents } = change;
        const stored = { collection, id, format, contents, token: this.#newToken() };
        await this.#folder.makeCollection(USES, collection);
        await this.#folder.write(pathOf(change), renderUsesFile(stored));
        written.push(stored);
      }
      return written;
    });
  }

  async #mayReplace(change: UsesChange): Promise<boolean> {
    const found = await this.#load(change.collection, fileNameOf(change.id));
    return found === undefined || ('token' in found && found.token === change.replaces);
  }

  async #load(collection: string, name: string): Promise<StoredUses | DamagedDocument | undefined> {
    const file = join(USES, collection, name);
    let text: string | undefined;
    try {
      text = await this.#folder.read(file);
      return text === undefined ? undefined : parseUsesFile(text, collection, name);
    } catch (error) {
      return {
        collection,
        id: likelyIdOf(name, text ?? ''),
        problem: `${join(this.#folder.path, file)} ${whyUnusable(error)}`,
        ...(error instanceof NewerFileError && { isNewer: true }),
      };
    }
  }
}

function pathOf({ collection, id }: DocumentName): string {
  return join(USES, collection, fileNameOf(id));
}
