import { createHash } from 'node:crypto';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { makePrivateFolder } from '../../durable/private.js';
import {
  removeTemporaryFiles,
  syncFolder,
  writeFileAtomically,
} from '../../durable/atomic-write.js';
import { parseDocument } from './document.js';

const NAME_CHARACTERS = 40;

/** A document that is kept. */
export interface Identified {
  readonly id: string;
}

/**
 * Documents of one kind, in memory and in a folder: one file each. A change is in force at once,
 * and on the disk when its promise resolves.
 */
export class Collection<Document extends Identified> {
  readonly #folder: string;
  readonly #documents: Map<string, Document>;
  #writing: Promise<void> = Promise.resolve();

  private constructor(folder: string, documents: Map<string, Document>) {
    this.#folder = folder;
    this.#documents = documents;
  }

  /**
   * Opens a folder, which is made where it is missing.
   *
   * @throws Error that names a file which is no document of this kind, or the file system's error
   */
  static async open<Document extends Identified>(
    folder: string,
    schema: z.ZodType<Document>,
  ): Promise<Collection<Document>> {
    await makePrivateFolder(folder);
    await removeTemporaryFiles(folder);
    const documents = new Map<string, Document>();
    for (const name of await readdir(folder)) {
      if (!name.endsWith('.json')) continue;
      const path = join(folder, name);
      const document = parseDocument(path, await readFile(path, 'utf8'), schema);
      documents.set(document.id, document);
    }
    return new Collection(folder, documents);
  }

  get(id: string): Document | undefined {
    return this.#documents.get(id);
  }

  all(): readonly Document[] {
    return [...this.#documents.values()];
  }

  async put(document: Document): Promise<void> {
    this.#documents.set(document.id, document);
    await this.#inTurn(() =>
      writeFileAtomically(this.#pathOf(document.id), JSON.stringify(document)),
    );
  }

  async remove(id: string): Promise<void> {
    this.#documents.delete(id);
    await this.#inTurn(async () => {
      await rm(this.#pathOf(id), { force: true });
      await syncFolder(this.#folder);
    });
  }

  /** So that of two changes of a document the later one stays. */
  async #inTurn(write: () => Promise<void>): Promise<void> {
    const turn = this.#writing.then(write);
    // Whoever waits for this change is told of its failure; the next one is tried all the same.
    this.#writing = turn.catch(() => undefined);
    await turn;
  }

  /** Ids may be longer than names of files, and hold other characters. */
  #pathOf(id: string): string {
    const name = createHash('sha256').update(id).digest('hex').slice(0, NAME_CHARACTERS);
    return join(this.#folder, `${name}.json`);
  }
}
