import { constants } from 'node:fs';
import { open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf, ifThere } from '../../shared/errno.js';

const FILE = 'reserve';
/** Some hundred records: whatever is under way when the disk is full. */
const BYTES = 256 * 1024;

/**
 * Room on the disk that the log keeps for itself. When the disk is full it is given up, so that
 * what is under way can still be recorded; before the log goes on it must be there again. Without
 * it, a disk with room for one small record would be taken for one that works.
 */
export class Reserve {
  readonly #path: string;
  #isHeld = false;

  /** @param directory of the log */
  constructor(directory: string) {
    this.#path = join(directory, FILE);
  }

  /**
   * Takes the room, unless it is held.
   *
   * @throws the file system's error: ENOSPC where there is none
   */
  async take(): Promise<void> {
    if (this.#isHeld) return;
    if (!(await this.#isThere())) await this.#fill();
    this.#isHeld = true;
  }

  /**
   * Gives the room up, where that helps.
   *
   * @param failure of a write
   * @returns whether there is more room now
   */
  async giveUp(failure: unknown): Promise<boolean> {
    if (!this.#isHeld || !['ENOSPC', 'EDQUOT'].includes(errnoOf(failure) ?? '')) return false;
    this.#isHeld = false;
    await rm(this.#path, { force: true });
    return true;
  }

  /** A file of holes has no room behind it. */
  async #isThere(): Promise<boolean> {
    const found = await ifThere(stat(this.#path));
    return found?.size === BYTES && found.blocks * 512 >= BYTES;
  }

  async #fill(): Promise<void> {
    const { O_CREAT, O_TRUNC, O_WRONLY, O_NOFOLLOW } = constants;
    const file = await open(this.#path, O_CREAT | O_TRUNC | O_WRONLY | O_NOFOLLOW, 0o600);
    try {
      await file.writeFile(Buffer.alloc(BYTES));
      // Some file systems find out only now.
      await file.sync();
    } catch (error) {
      await rm(this.#path, { force: true });
      throw error;
    } finally {
      await file.close();
    }
  }
}
