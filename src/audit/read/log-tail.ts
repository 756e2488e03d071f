import { open, readFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { isErrno } from '../../shared/errno.js';
import { LogFolder, NoLogError } from './log-folder.js';
import type { Segment } from './segments.js';

const unzipped = promisify(gunzip);
/** A record with its line end is no longer. */
const MAX_RECORD_BYTES = 65_536;
/** A segment may be compressed, or removed by retention, between the list and the look. */
const LOOKS = 3;

/** The lines that are added to an audit log, from a moment on. */
export class LogTail {
  readonly #directory: string;
  /** Sequence of the first record of the segment that was read last. */
  #first: number;
  #offset: number;

  private constructor(directory: string, first: number, offset: number) {
    this.#directory = directory;
    this.#first = first;
    this.#offset = offset;
  }

  /** Begins at the end of a log as it is now. @throws NoLogError, or the file system's error */
  static async open(directory: string): Promise<LogTail> {
    const { path, first, size } = await lastOf(directory);
    const end = Math.max(0, size - MAX_RECORD_BYTES);
    return new LogTail(directory, first, end + endOfLines(await readFrom(path, end)));
  }

  /**
   * Returns the lines since the last time, without one that is still being written.
   *
   * @throws Error where retention has removed lines before they were read, or the file system's
   *   error; then nothing counts as read
   */
  async take(): Promise<readonly string[]> {
    for (let look = 1; ; look += 1) {
      try {
        return await this.#look();
      } catch (error) {
        if (!isErrno(error, 'ENOENT') || look === LOOKS) throw error;
      }
    }
  }

  async #look(): Promise<readonly string[]> {
    const segments = await begunSegments(this.#directory);
    const at = segments.findIndex(({ first }) => first === this.#first);
    if (at < 0) throw new Error(`a part of ${this.#directory} is gone that was not read yet`);
    const lines: string[] = [];
    let position = { first: this.#first, offset: this.#offset };
    for (const segment of segments.slice(at)) {
      const { first } = segment;
      const offset = first === position.first ? position.offset : 0;
      const bytes = await bytesFrom(segment, offset);
      const whole = bytes.subarray(0, endOfLines(bytes));
      position = { first, offset: offset + whole.length };
      lines.push(...whole.toString().split('\n').slice(0, -1));
    }
    this.#first = position.first;
    this.#offset = position.offset;
    return lines;
  }
}

/** A segment in which there was something when it was listed: the one before it is complete. */
interface Begun extends Segment {
  readonly size: number;
}

/** The file of a segment is there before its first record; the first segment is always begun. */
async function begunSegments(directory: string): Promise<readonly Begun[]> {
  const { segments } = await LogFolder.open(directory);
  const sized = await Promise.all(
    segments.map(async (segment) => ({ ...segment, size: (await stat(segment.path)).size })),
  );
  return sized.filter(({ size }, at) => at === 0 || size > 0);
}

async function lastOf(directory: string): Promise<Begun> {
  const last = (await begunSegments(directory)).at(-1);
  if (last === undefined) throw new NoLogError(directory);
  return last;
}

/** A line that is being written has no end yet. */
function endOfLines(bytes: Buffer): number {
  return bytes.lastIndexOf(0x0a) + 1;
}

async function bytesFrom({ path, compressed }: Segment, offset: number): Promise<Buffer> {
  if (!compressed) return readFrom(path, offset);
  return (await unzipped(await readFile(path))).subarray(offset);
}

async function readFrom(path: string, offset: number): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const bytes = Buffer.alloc(Math.max(0, size - offset));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, offset);
    return bytes.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
