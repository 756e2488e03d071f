import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';

const CHUNK_BYTES = 1024 * 1024;

/**
 * The error for written bytes that are not in the file any more: a sync had failed, and the kernel
 * has dropped them.
 */
export class LostBytesError extends Error {
  override readonly name = 'LostBytesError';
}

/** The bytes that were appended between two syncs. */
interface Range {
  readonly start: number;
  end: number;
  readonly hash: Hash;
}

/**
 * The bytes of a file that no sync has brought to the disk yet, known by their hashes.
 *
 * After a sync that failed, the kernel takes its pages for clean: another sync succeeds, and the
 * bytes are on no disk. So they are read again, compared with what was written, and written again
 * where they stand, which makes the pages dirty once more.
 *
 * @see "Can Applications Recover from fsync Failures?", USENIX ATC 2020
 */
export class UnsyncedBytes {
  readonly #path: string;
  /** The last range grows. */
  readonly #ranges: Range[];

  /** @param start where the next bytes are appended */
  constructor(path: string, start: number) {
    this.#path = path;
    this.#ranges = [emptyRange(start)];
  }

  /** Adds appended bytes to the range that grows. */
  add(bytes: Buffer): void {
    const last = this.#last;
    last.hash.update(bytes);
    last.end += bytes.length;
  }

  /** Ends the range that grows, before a sync. @returns where it ends */
  end(): number {
    const { end } = this.#last;
    if (end > this.#last.start) this.#ranges.push(emptyRange(end));
    return end;
  }

  /** Forgets what a sync has brought to the disk. */
  haveReachedDisk(end: number): void {
    const left = this.#ranges.findIndex((range) => range.start >= end);
    this.#ranges.splice(0, left < 0 ? this.#ranges.length - 1 : left);
  }

  /**
   * Writes again the bytes that no sync has brought to the disk, if they are still there.
   *
   * @throws LostBytesError, or the file system's error
   */
  async rewrite(): Promise<void> {
    this.end();
    const ranges = this.#ranges.slice(0, -1);
    // What is appended goes to the end, whatever place a write names.
    const file = await open(this.#path, 'r+');
    try {
      for (const range of ranges) await this.#rewriteRange(file, range);
    } finally {
      await file.close();
    }
  }

  async #rewriteRange(file: FileHandle, { start, end, hash }: Range): Promise<void> {
    const found = createHash('sha256');
    const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, end - start));
    for (let at = start; at < end; ) {
      const { bytesRead } = await file.read(chunk, 0, Math.min(chunk.length, end - at), at);
      if (bytesRead === 0) break;
      const bytes = chunk.subarray(0, bytesRead);
      found.update(bytes);
      await file.write(bytes, 0, bytesRead, at);
      at += bytesRead;
    }
    if (found.digest().equals(hash.copy().digest())) return;
    throw new LostBytesError(
      `bytes ${String(start)} to ${String(end - 1)} of ${this.#path} are not what was written`,
    );
  }

  get #last(): Range {
    const last = this.#ranges.at(-1);
    if (last === undefined) throw new Error('there is always a range that grows');
    return last;
  }
}

function emptyRange(start: number): Range {
  return { start, end: start, hash: createHash('sha256') };
}
