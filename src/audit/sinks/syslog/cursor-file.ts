import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { removeTemporaryFiles, writeFileAtomically } from '../../../durable/atomic-write.js';
import { makePrivateFolder } from '../../../durable/private.js';
import { isErrno } from '../../../shared/errno.js';
import { BEGINNING, type Position } from '../feed/position.js';

const cursorSchema = z.object({
  record: z.int().min(0),
  checkpoint: z.int().min(0),
});

/** The file that keeps the position of a sink over restarts. */
export class CursorFile {
  readonly #path: string;
  #saved: Position | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Reads it; without a file it is the beginning of the log.
   *
   * @throws SyntaxError or ZodError for what is no cursor, or the file system's error
   */
  async read(): Promise<Position> {
    try {
      await removeTemporaryFiles(dirname(this.#path));
      return cursorSchema.parse(JSON.parse(await readFile(this.#path, 'utf8')));
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return BEGINNING;
      throw error;
    }
  }

  /**
   * Writes it, mode 0600, if it has changed.
   *
   * @throws the file system's error
   */
  async save({ record, checkpoint }: Position): Promise<void> {
    if (this.#saved?.record === record && this.#saved.checkpoint === checkpoint) return;
    await makePrivateFolder(dirname(this.#path));
    await writeFileAtomically(this.#path, `${JSON.stringify({ record, checkpoint })}\n`);
    this.#saved = { record, checkpoint };
  }
}
