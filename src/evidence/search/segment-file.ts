import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { type OpenSegment, openSegment } from '../../audit/read/open-segment.js';
import type { Segment } from '../../audit/read/segments.js';
import { readGzipMember } from './gzip-members.js';
import { SegmentChangedError } from './unreadable.js';

/** What is read, and found through an index, at once. As much as a member of a compressed segment. */
export const BLOCK_BYTES = 256 * 1024;
/** Node ends the process when more is read at once. */
const MAX_READ_BYTES = 2 ** 31 - 1;
const LINE_FEED = 0x0a;

const inflate = promisify(gunzip);

/** Bytes of a segment's file that hold whole lines and can be read alone. */
export interface Block {
  readonly offset: number;
  readonly length: number;
}

/** A block and its lines. */
export interface BlockContents extends Block {
  /** Whole lines, each with its line feed. */
  readonly text: Buffer;
}

/** What tells whether a file is still the same. */
export interface FileIdentity {
  readonly name: string;
  readonly size: number;
  readonly modifiedNs: bigint;
}

/** A segment that is open for reading. */
export class SegmentFile {
  readonly compressed: boolean;
  readonly path: string;
  readonly #handle: FileHandle;

  private constructor({ path, compressed, handle }: OpenSegment) {
    this.path = path;
    this.compressed = compressed;
    this.#handle = handle;
  }

  /**
   * Opens a segment, compressed or not: it may have been compressed since the folder was listed.
   *
   * @throws the file system's error
   */
  static async open(segment: Pick<Segment, 'path' | 'compressed'>): Promise<SegmentFile> {
    return new SegmentFile(await openSegment(segment));
  }

  /** Of the file, without its folder. */
  get name(): string {
    return basename(this.path);
  }

  /** What the file is now. */
  async identity(): Promise<FileIdentity> {
    const { size, mtimeNs } = await this.#handle.stat({ bigint: true });
    return { name: this.name, size: Number(size), modifiedNs: mtimeNs };
  }

  /** SHA-256 of the whole file, hexadecimal. */
  async sha256(): Promise<string> {
    const hash = createHash('sha256');
    const bytes = Buffer.allocUnsafe(BLOCK_BYTES);
    for (let at = 0; ; ) {
      const { bytesRead } = await this.#handle.read(bytes, 0, bytes.length, at);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(bytes.subarray(0, bytesRead));
      at += bytesRead;
    }
  }

  /**
   * The blocks from the first to the last, as far as the file reaches now. A line at the end that
   * has no line feed (yet) is in none of them.
   *
   * @throws the file system's error, GzipError, zlib's error or SegmentChangedError
   */
  blocks(): AsyncGenerator<BlockContents, void, undefined> {
    return this.compressed ? this.#compressedBlocks() : this.#plainBlocks();
  }

  /**
   * Reads the lines of one block.
   *
   * @throws the file system's error, or zlib's; SegmentChangedError where there are none
   */
  async read({ offset, length }: Block): Promise<Buffer> {
    const bytes = await this.#bytes(offset, length);
    const text = wholeLines([this.compressed ? await inflate(bytes) : bytes]);
    if (bytes.length === length && text.length > 0) return text;
    throw new SegmentChangedError(`there are no whole lines at byte ${offset}`);
  }

  /** Closes the file. */
  async close(): Promise<void> {
    await this.#handle.close();
  }

  async *#plainBlocks(): AsyncGenerator<BlockContents, void, undefined> {
    let offset = 0;
    for (let wanted = BLOCK_BYTES; ; ) {
      const bytes = await this.#bytes(offset, wanted);
      const length = bytes.lastIndexOf(LINE_FEED) + 1;
      if (length > 0) {
        yield { offset, length, text: bytes.subarray(0, length) };
        offset += length;
        wanted = BLOCK_BYTES;
      } else if (bytes.length < wanted) {
        return;
      } else {
        wanted *= 2;
      }
    }
  }

  /** Members are taken together where they are small, or where a line goes on in the next. */
  async *#compressedBlocks(): AsyncGenerator<BlockContents, void, undefined> {
    const { size } = await this.#handle.stat();
    const file = await this.#bytes(0, size);
    let start = 0;
    let parts: Buffer[] = [];
    let bytes = 0;
    for (let at = 0; at < file.length; ) {
      const member = readGzipMember(file, at);
      at = member.end;
      parts.push(member.contents);
      bytes += member.contents.length;
      const last = at === file.length;
      const whole = member.contents.at(-1) === LINE_FEED;
      if (!last && !(whole && bytes >= BLOCK_BYTES / 2)) continue;
      const text = wholeLines(parts);
      if (text.length > 0) yield { offset: start, length: at - start, text };
      start = at;
      parts = [];
      bytes = 0;
    }
  }

  async #bytes(offset: number, length: number): Promise<Buffer> {
    if (length > MAX_READ_BYTES) {
      throw new SegmentChangedError('the file, or a line of it, is larger than any of the server');
    }
    const bytes = Buffer.allocUnsafeSlow(length);
    const { bytesRead } = await this.#handle.read(bytes, 0, length, offset);
    return bytes.subarray(0, bytesRead);
  }
}

function wholeLines(parts: readonly Buffer[]): Buffer {
  const [first] = parts;
  const text = parts.length === 1 && first !== undefined ? first : Buffer.concat(parts);
  return text.subarray(0, text.lastIndexOf(LINE_FEED) + 1);
}
