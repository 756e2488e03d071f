import { close, constants, fdatasync, ftruncate, open, write } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { syncFolder } from '../../durable/atomic-write.js';

/**
 * When an answer may go out: its record has been given to the operating system (`written`: it
 * outlives the process), or has reached the disk (`synced`: it outlives a power cut).
 */
export type Durability = 'written' | 'synced';

const openFile = promisify(open);
const closeFile = promisify(close);
const syncFile = promisify(fdatasync);
const truncateFile = promisify(ftruncate);

/** A file that grows at its end. Node's own file handles cost four times as much a write. */
export class AppendOnlyFile {
  readonly #fd: number;
  #bytes: number;
  /** Whether an append that failed has left something behind. */
  #isTorn = false;

  private constructor(fd: number, bytes: number) {
    this.#fd = fd;
    this.#bytes = bytes;
  }

  /**
   * Opens a file, or makes it with mode 0600, so that its name outlives a power cut.
   *
   * @param bytes that are good; what stands behind them is cut off
   * @throws the file system's error
   */
  static async open(path: string, bytes: number, durability: Durability): Promise<AppendOnlyFile> {
    const { O_APPEND, O_CREAT, O_DSYNC, O_WRONLY } = constants;
    const sync = durability === 'synced' ? O_DSYNC : 0;
    const fd = await openFile(path, O_APPEND | O_CREAT | O_WRONLY | sync, 0o600);
    const file = new AppendOnlyFile(fd, bytes);
    try {
      await truncateFile(fd, bytes);
      await syncFolder(dirname(path));
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** How many bytes are good. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * Appends all of it or nothing: what an append that fails leaves behind is cut off, at the latest
   * before the next one.
   *
   * @throws the file system's error
   */
  async append(bytes: Buffer): Promise<void> {
    if (this.#isTorn) await this.#cutBack();
    try {
      for (let done = 0; done < bytes.length; ) done += await this.#write(bytes, done);
    } catch (error) {
      this.#isTorn = true;
      await this.#cutBack().catch(() => {
        // The next append begins with it. The first failure is the one to tell of.
      });
      throw error;
    }
    this.#bytes += bytes.length;
  }

  /** Waits until all that was appended has reached the disk. */
  async sync(): Promise<void> {
    await syncFile(this.#fd);
  }

  async close(): Promise<void> {
    await closeFile(this.#fd);
  }

  async #cutBack(): Promise<void> {
    await truncateFile(this.#fd, this.#bytes);
    this.#isTorn = false;
  }

  #write(bytes: Buffer, from: number): Promise<number> {
    return new Promise((resolve, reject) => {
      write(this.#fd, bytes, from, bytes.length - from, null, (error, written) => {
        if (error === null) resolve(written);
        else reject(error);
      });
    });
  }
}
