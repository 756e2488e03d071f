import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { MAX_LINE_BYTES } from '../../audit/read/line-chunks.js';
import { type OpenSegment, openSegment, recordChunks } from '../../audit/read/lines.js';
import type { Segment } from '../../audit/read/segments.js';
import { UnreadableError } from '../../audit/read/unreadable.js';
import { MAX_MEMBER_BYTES, readGzipMember } from './gzip-members.js';

/** What is read, and found through an index, at once. As much as a member of a compressed segment. */
export const BLOCK_BYTES = 256 * 1024;
/**
 * Of a compressed segment that gets an index: all of it is held in memory. The largest has a third.
 */
const MAX_COMPRESSED_BYTES = 1024 * 1024 * 1024;
/** Of a block's lines. The last member of it may be a large one. */
const MAX_BLOCK_BYTES = MAX_MEMBER_BYTES + BLOCK_BYTES;
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
   * All of its lines, a megabyte at a time, as far as the file reaches now.
   *
   * @param closed whether another segment follows
   * @throws UnreadableError for what no server leaves, after the lines before it; the file system's
   *   error
   */
  texts(closed: boolean): AsyncGenerator<Buffer, void, undefined> {
    return recordChunks(this, closed);
  }

  /**
   * The blocks of a closed segment from the first to the last.
   *
   * @throws UnreadableError for what has no such blocks; GzipError, zlib's or the file system's
   *   error
   */
  blocks(): AsyncGenerator<BlockContents, void, undefined> {
    return this.compressed ? this.#compressedBlocks() : this.#plainBlocks();
  }

  /**
   * Reads the lines of one block.
   *
   * @throws UnreadableError where there are none; zlib's or the file system's error
   */
  async read({ offset, length }: Block): Promise<Buffer> {
    const bytes = await this.#bytes(offset, length, MAX_BLOCK_BYTES);
    const contents = this.compressed
      ? await inflate(bytes, { maxOutputLength: MAX_BLOCK_BYTES })
      : bytes;
    const text = wholeLines([contents]);
    if (bytes.length === length && text.length > 0) return text;
    throw new UnreadableError(this.path, `has no whole lines at byte ${offset}`);
  }

  /** Closes the file. */
  async close(): Promise<void> {
    await this.#handle.close();
  }

  async *#plainBlocks(): AsyncGenerator<BlockContents, void, undefined> {
    let offset = 0;
    for (let wanted = BLOCK_BYTES; ; ) {
      const bytes = await this.#bytes(offset, wanted, 2 * MAX_LINE_BYTES);
      const length = bytes.lastIndexOf(LINE_FEED) + 1;
      if (length > 0) {
        yield { offset, length, text: bytes.subarray(0, length) };
        offset += length;
        wanted = BLOCK_BYTES;
      } else if (bytes.length === 0 && offset > 0) {
        return;
      } else if (bytes.length < wanted) {
        throw new UnreadableError(this.path, `has no whole line at byte ${offset}`);
      } else {
        wanted *= 2;
      }
    }
  }

  /** Members are taken together where they are small, or where a line goes on in the next. */
  async *#compressedBlocks(): AsyncGenerator<BlockContents, void, undefined> {
    const { size } = await this.#handle.stat();
    if (size === 0) throw new UnreadableError(this.path, 'is empty');
    const file = await this.#bytes(0, size, MAX_COMPRESSED_BYTES);
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
      if (bytes > MAX_BLOCK_BYTES) {
        throw new UnreadableError(this.path, `has no end of a line near byte ${start}`);
      }
      if (!last && !(whole && bytes >= BLOCK_BYTES / 2)) continue;
      const text = wholeLines(parts);
      if (text.length < bytes || bytes === 0) {
        throw new UnreadableError(this.path, `has no whole line near byte ${start}`);
      }
      yield { offset: start, length: at - start, text };
      start = at;
      parts = [];
      bytes = 0;
    }
  }

  async #bytes(offset: number, length: number, limit: number): Promise<Buffer> {
    if (length > limit) {
      throw new UnreadableError(this.path, `has more at byte ${offset} than any of the server's`);
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
