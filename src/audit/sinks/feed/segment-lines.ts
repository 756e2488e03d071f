import { MAX_LINE_BYTES, splitLines } from '../../read/line-chunks.js';
import { lineChunks } from '../../read/lines.js';
import { openRegularFile } from '../../read/open-file.js';
import type { Segment } from '../../read/segments.js';
import { UnreadableError } from '../../read/unreadable.js';

const CHUNK_BYTES = 256 * 1024;

/** The lines of one segment, from its beginning and one after the other. */
export interface SegmentLines {
  /** Sequence of the line that is read next. */
  readonly next: number;
  /**
   * @param limit sequence of the first record that must not be read: what stands there may be
   *   cut off yet
   * @returns no lines at the end of the file
   * @throws UnreadableError for what is no segment, or the file system's error
   */
  read(limit: number): Promise<readonly Buffer[]>;
  close(): Promise<void>;
}

/** Opens nothing yet. */
export function segmentLines(segment: Segment): SegmentLines {
  return segment.compressed ? new CompressedLines(segment) : new PlainLines(segment);
}

/** Holds no file open between two reads, so that a segment that is removed is gone. */
class PlainLines implements SegmentLines {
  readonly #path: string;
  #next: number;
  #offset = 0;

  constructor({ path, first }: Segment) {
    this.#path = path;
    this.#next = first;
  }

  get next(): number {
    return this.#next;
  }

  async read(limit: number): Promise<readonly Buffer[]> {
    const lines = (await this.#linesHere()).slice(0, limit - this.#next);
    for (const line of lines) this.#offset += line.length + 1;
    this.#next += lines.length;
    return lines;
  }

  async close(): Promise<void> {
    // Nothing is open.
  }

  async #linesHere(): Promise<Buffer[]> {
    const file = await openRegularFile(this.#path);
    try {
      for (let room = CHUNK_BYTES; ; room *= 2) {
        const { buffer, bytesRead } = await file.read(Buffer.allocUnsafeSlow(room), {
          position: this.#offset,
        });
        const lines = splitLines(buffer.subarray(0, bytesRead));
        // A line that is longer than the room is read again, whole.
        if (lines.length > 0 || bytesRead < room) return lines;
        if (room > MAX_LINE_BYTES) {
          const what = `has a line at byte ${String(this.#offset)} that is no record's`;
          throw new UnreadableError(this.#path, what);
        }
      }
    } finally {
      await file.close();
    }
  }
}

/** A compressed segment is closed, so all of it may be read. */
class CompressedLines implements SegmentLines {
  readonly #chunks: ReturnType<typeof lineChunks>;
  #next: number;

  constructor(segment: Segment) {
    this.#chunks = lineChunks(segment);
    this.#next = segment.first;
  }

  get next(): number {
    return this.#next;
  }

  async read(): Promise<readonly Buffer[]> {
    const { value } = await this.#chunks.next();
    const lines = value === undefined ? [] : splitLines(value.bytes);
    this.#next += lines.length;
    return lines;
  }

  async close(): Promise<void> {
    await this.#chunks.return();
  }
}
