import { close, constants, fdatasync, ftruncate, open, write, writeSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { syncFolder } from '../../durable/atomic-write.js';
import type { Clock } from '../../shared/clock.js';
import { ifThere } from '../../shared/errno.js';
import { FileCalls } from './file-calls.js';
import { InlineWrites } from './inline-writes.js';
import { UnsyncedBytes } from './unsynced-bytes.js';

/**
 * The state of a record from which on its answer may go out: the operating system has it
 * (`written`: it outlives the process), or the disk has it (`synced`: it outlives a power cut).
 */
export type Durability = 'written' | 'synced';

/** The time after which a write counts as stuck, in ms. */
const STUCK_WRITE_MS = 1_000;

const openFile = promisify(open);
const closeFile = promisify(close);
const syncFile = promisify(fdatasync);
const truncateFile = promisify(ftruncate);

/** A file that grows at its end. Node's own file handles cost four times as much a write. */
export class AppendOnlyFile {
  readonly #fd: number;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #inline: InlineWrites;
  readonly #writes: FileCalls;
  readonly #syncs: FileCalls;
  readonly #unsynced: UnsyncedBytes;
  #bytes: number;
  /** True when an append that failed has left bytes behind. */
  #isTorn = false;
  #isSyncing = false;
  #hasFailedSync = false;
  /** True when the kernel may have dropped what was written: it does after a sync that failed. */
  #isInDoubt = false;
  #syncing: Promise<void> = Promise.resolve();
  /** The sync that has not begun yet. All that ask for one before it begins share it. */
  #nextSync: Promise<void> | undefined;

  private constructor(fd: number, unsynced: UnsyncedBytes, clock: Pick<Clock, 'monotonic'>) {
    this.#fd = fd;
    this.#unsynced = unsynced;
    this.#bytes = unsynced.end();
    this.#clock = clock;
    this.#inline = new InlineWrites(clock);
    this.#writes = new FileCalls(clock);
    this.#syncs = new FileCalls(clock);
  }

  /**
   * Opens a file, or makes it with mode 0600. Its name outlives a power cut.
   *
   * @param bytes number of good bytes; the rest is cut off
   * @throws the file system's error
   */
  static async open(
    path: string,
    bytes: number,
    clock: Pick<Clock, 'monotonic'>,
  ): Promise<AppendOnlyFile> {
    const { O_APPEND, O_CREAT, O_WRONLY } = constants;
    const fd = await openFile(path, O_APPEND | O_CREAT | O_WRONLY, 0o600);
    const file = new AppendOnlyFile(fd, new UnsyncedBytes(path, bytes), clock);
    try {
      await truncateFile(fd, bytes);
      await syncFolder(dirname(path));
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** The number of good bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** True when a sync has failed. As little as possible is then entrusted to this file. */
  get hasFailedSync(): boolean {
    return this.#hasFailedSync;
  }

  /**
   * Tells whether a write, or a sync, takes longer than on disks that work.
   *
   * @param syncMs limit for a sync; undefined where nobody waits for one
   */
  async isStuck(syncMs: number | undefined): Promise<boolean> {
    if (await this.#writes.isStuck(STUCK_WRITE_MS)) return true;
    return syncMs !== undefined && this.#syncs.isStuck(syncMs);
  }

  /**
   * Appends all bytes or none: what a failed append leaves behind is cut off, at the latest before
   * the next one. After a failed sync, the bytes in doubt are brought to the disk first.
   *
   * @returns undefined where the event loop has written it
   * @throws the file system's error, or LostBytesError
   */
  append(bytes: Buffer): Promise<void> | undefined {
    const done = this.#mayWriteInline() ? this.#inline.run(() => this.#writeInline(bytes)) : 0;
    if (done < bytes.length) return this.#appendInPool(bytes, done);
    this.#appended(bytes);
    return undefined;
  }

  /** While a sync is under way, a write can wait for it in the file system. */
  #mayWriteInline(): boolean {
    return !this.#isInDoubt && !this.#isTorn && !this.#isSyncing && this.#inline.areAllowed;
  }

  /** @returns how many bytes were written; the thread pool will be told what is wrong */
  #writeInline(bytes: Buffer): number {
    try {
      return writeSync(this.#fd, bytes);
    } catch {
      return 0;
    }
  }

  async #appendInPool(bytes: Buffer, from: number): Promise<void> {
    if (this.#isInDoubt) await this.sync();
    if (this.#isTorn) await this.#cutBack();
    try {
      for (let done = from; done < bytes.length; ) {
        const begunAt = this.#clock.monotonic();
        done += await this.#writes.run(() => this.#write(bytes, done));
        this.#inline.wroteInPool(begunAt);
      }
    } catch (error) {
      this.#isTorn = true;
      await this.#cutBack().catch(() => {
        // The next append begins with it. The first failure is the one to tell of.
      });
      throw error;
    }
    this.#appended(bytes);
  }

  #appended(bytes: Buffer): void {
    this.#bytes += bytes.length;
    this.#unsynced.add(bytes);
  }

  /**
   * Waits until all appended bytes have reached the disk. Syncs never overlap: the kernel reports a
   * failure once, and a second sync beside it would seem to succeed.
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
    this.#isSyncing = true;
    try {
      await this.#syncs.run(() => syncFile(this.#fd));
    } catch (error) {
      this.#hasFailedSync = true;
      this.#isInDoubt = true;
      throw error;
    } finally {
      this.#isSyncing = false;
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
  return (await ifThere(stat(path)))?.size ?? 0;
}
