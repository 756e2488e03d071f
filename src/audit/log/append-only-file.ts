import { close, constants, fdatasync, ftruncate, open, write } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { syncFolder } from '../../durable/atomic-write.js';
import type { Clock } from '../../shared/clock.js';
import { isErrno } from '../../shared/errno.js';
import { FileCalls } from './file-calls.js';
import { UnsyncedBytes } from './unsynced-bytes.js';

/**
 * When an answer may go out: its record has been given to the operating system (`written`: it
 * outlives the process), or has reached the disk (`synced`: it outlives a power cut). With
 * `synced-apart` the two are calls of their own, so that it is known when a record is written and
 * not yet on the disk; that takes more time.
 */
export type Durability = 'written' | 'synced' | 'synced-apart';

/** A write that has not ended for so long, in ms, will not soon. */
const STUCK_WRITE_MS = 1_000;
/** Other writers can hold a sync up for seconds on a disk that works. */
const STUCK_SYNC_MS = 10_000;

/** Everything that a file is opened with. */
export interface AppendOnlyFilePorts {
  readonly durability: Durability;
  readonly clock: Pick<Clock, 'monotonic'>;
}

const openFile = promisify(open);
const closeFile = promisify(close);
const syncFile = promisify(fdatasync);
const truncateFile = promisify(ftruncate);

/** A file that grows at its end. Node's own file handles cost four times as much a write. */
export class AppendOnlyFile {
  readonly #fd: number;
  readonly #durability: Durability;
  readonly #writes: FileCalls;
  readonly #syncs: FileCalls;
  readonly #unsynced: UnsyncedBytes;
  #bytes: number;
  /** Whether an append that failed has left something behind. */
  #isTorn = false;
  #hasFailedSync = false;
  /** True when the kernel may have dropped what was written: it does after a sync that failed. */
  #isInDoubt = false;
  #syncing: Promise<void> = Promise.resolve();
  /** The sync that has not begun yet: whoever asks meanwhile shares it. */
  #nextSync: Promise<void> | undefined;

  private constructor(fd: number, unsynced: UnsyncedBytes, options: AppendOnlyFilePorts) {
    this.#fd = fd;
    this.#unsynced = unsynced;
    this.#bytes = unsynced.end();
    this.#durability = options.durability;
    this.#writes = new FileCalls(options.clock);
    this.#syncs = new FileCalls(options.clock);
  }

  /**
   * Opens a file, or makes it with mode 0600, so that its name outlives a power cut.
   *
   * @param bytes that are good; what stands behind them is cut off
   * @throws the file system's error
   */
  static async open(
    path: string,
    bytes: number,
    options: AppendOnlyFilePorts,
  ): Promise<AppendOnlyFile> {
    const { O_APPEND, O_CREAT, O_DSYNC, O_WRONLY } = constants;
    const sync = options.durability === 'synced' ? O_DSYNC : 0;
    const fd = await openFile(path, O_APPEND | O_CREAT | O_WRONLY | sync, 0o600);
    const file = new AppendOnlyFile(fd, new UnsyncedBytes(path, bytes), options);
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

  /** True when a sync has failed: the disk below is not to be trusted with more than must be. */
  get hasFailedSync(): boolean {
    return this.#hasFailedSync;
  }

  /** Tells whether records wait for a call that takes longer than disks that work take. */
  async isStuck(): Promise<boolean> {
    if (await this.#writes.isStuck(STUCK_WRITE_MS)) return true;
    return this.#durability === 'synced-apart' && this.#syncs.isStuck(STUCK_SYNC_MS);
  }

  /**
   * Appends all of it or nothing: what an append that fails leaves behind is cut off, at the latest
   * before the next one. After a sync that failed, what is in doubt is brought to the disk first.
   *
   * @throws the file system's error, or LostBytesError
   */
  async append(bytes: Buffer): Promise<void> {
    if (this.#isInDoubt) await this.sync();
    if (this.#isTorn) await this.#cutBack();
    try {
      for (let done = 0; done < bytes.length; ) {
        done += await this.#writes.run(() => this.#write(bytes, done));
      }
    } catch (error) {
      this.#isTorn = true;
      await this.#cutBack().catch(() => {
        // The next append begins with it. The first failure is the one to tell of.
      });
      throw error;
    }
    this.#bytes += bytes.length;
    this.#unsynced.add(bytes);
  }

  /**
   * Waits until all that was appended has reached the disk. Syncs follow one another: the kernel
   * tells of a failure once, and whoever asks beside that would be told that all is well.
   *
   * @throws the file system's error, or LostBytesError
   */
  sync(): Promise<void> {
    this.#nextSync ??= this.#syncing.then(() => this.#sync());
    const sync = this.#nextSync;
    this.#syncing = sync.catch(() => undefined);
    return sync;
  }

  async close(): Promise<void> {
    await closeFile(this.#fd);
  }

  async #sync(): Promise<void> {
    this.#nextSync = undefined;
    if (this.#isInDoubt) await this.#unsynced.rewrite();
    const covered = this.#unsynced.end();
    try {
      await this.#syncs.run(() => syncFile(this.#fd));
    } catch (error) {
      this.#hasFailedSync = true;
      this.#isInDoubt = true;
      throw error;
    }
    this.#isInDoubt = false;
    this.#unsynced.haveReachedDisk(covered);
  }

  async #cutBack(): Promise<void> {
    await this.#writes.run(() => truncateFile(this.#fd, this.#bytes));
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

/**
 * Tells the size of a file in bytes; 0 for one that is not there yet.
 *
 * @throws the file system's error
 */
export async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return 0;
    throw error;
  }
}
