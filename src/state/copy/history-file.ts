import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { AtomicWrite } from '../../durable/atomic-write.js';
import { ifThere } from '../../shared/errno.js';
import { parsedJson } from '../../shared/parsed-json.js';
import { StateError } from '../errors.js';
import type { HistoryMark } from '../store.js';
import { assertNotNewer } from './newer-file.js';

const FORMAT = 1;

const markSchema = z.strictObject({
  format: z.literal(FORMAT),
  storeId: z.string().regex(/^[0-9a-f]{32}$/),
  revision: z.int().min(0),
  token: z.string().regex(/^[0-9a-f]{32}$/),
});

/**
 * The place in the store's history up to which this replica has followed it, on the replica's own
 * disk. A store that does not know the place has lost changes.
 */
export class HistoryFile {
  readonly #path: string;
  readonly #write: AtomicWrite;

  constructor(path: string, write: AtomicWrite) {
    this.#path = path;
    this.#write = write;
  }

  /**
   * Reads the place.
   *
   * @returns undefined where this replica has followed no store yet
   * @throws StateError `damaged`, `newer-version`, or the file system's error
   */
  async read(): Promise<HistoryMark | undefined> {
    const text = await ifThere(readFile(this.#path, 'utf8'));
    if (text === undefined) return undefined;
    const parsed = parsedJson(text);
    const mark = markSchema.safeParse(parsed).data;
    if (mark !== undefined) return mark;
    assertNotNewer(parsed, FORMAT, this.#path);
    throw new StateError(
      'damaged',
      `${this.#path} is damaged: it should say how far this replica has followed the state store. ` +
        'If the store is known to be whole, remove the file and start again.',
    );
  }

  /** Writes the place. @throws the file system's error */
  async write({ storeId, revision, token }: HistoryMark): Promise<void> {
    const text = JSON.stringify({ format: FORMAT, storeId, revision, token });
    await this.#write(this.#path, `${text}\n`);
  }
}
