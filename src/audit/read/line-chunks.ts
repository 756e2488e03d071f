import { UnreadableError } from './unreadable.js';

/** Maximum length of a line in bytes. Longer ones are no records, and are not held in memory. */
export const MAX_LINE_BYTES = 1024 * 1024;
const LINE_FEED = 0x0a;

/**
 * Some lines of a file, as bytes: whoever needs a hash or a search needs no object for each line.
 */
export interface LineChunk {
  /** Whole lines, each with its line feed. The memory is not used again for other lines. */
  readonly bytes: Buffer;
  /** Bytes after the last line feed of the file: a line that was cut. Only in the last chunk. */
  readonly torn: Buffer | undefined;
}

/**
 * Divides the contents of a file between lines.
 *
 * @param path for the error
 * @throws UnreadableError for a line of more than {@link MAX_LINE_BYTES}, after the lines before it
 */
export async function* wholeLines(
  path: string,
  contents: AsyncIterable<Buffer>,
): AsyncGenerator<LineChunk, void, undefined> {
  let rest: Buffer = Buffer.alloc(0);
  let offset = 0;
  for await (const chunk of contents) {
    const first = chunk.indexOf(LINE_FEED);
    const lineBytes = rest.length + (first < 0 ? chunk.length : first);
    if (lineBytes > MAX_LINE_BYTES) {
      throw new UnreadableError(path, `has a line at byte ${String(offset)} that is no record's`);
    }
    if (first < 0) {
      rest = Buffer.concat([rest, chunk]);
      continue;
    }
    // A line that goes across is copied, and nothing else.
    const begin = rest.length === 0 ? 0 : first + 1;
    const end = chunk.lastIndexOf(LINE_FEED) + 1;
    if (begin > 0)
      yield { bytes: Buffer.concat([rest, chunk.subarray(0, begin)]), torn: undefined };
    if (end > begin) yield { bytes: chunk.subarray(begin, end), torn: undefined };
    offset += rest.length + end;
    rest = chunk.subarray(end);
  }
  if (rest.length > 0) yield { bytes: Buffer.alloc(0), torn: rest };
}

/**
 * Visits each line of some whole lines.
 *
 * @param visit is called with the line's place: `end` is that of its line feed
 */
export function forEachLine(bytes: Buffer, visit: (start: number, end: number) => void): void {
  let start = 0;
  for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, start)) {
    visit(start, end);
    start = end + 1;
  }
}

/**
 * Divides bytes at their line feeds.
 *
 * @returns whole lines, without their line feeds; they share the memory. What follows the last line
 *   feed is left out
 */
export function splitLines(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  forEachLine(bytes, (start, end) => lines.push(bytes.subarray(start, end)));
  return lines;
}

/** Tells whether a text stands at a place in some bytes. */
export function isTextAt(bytes: Buffer, text: Buffer, at: number): boolean {
  for (let index = 0; index < text.length; index += 1) {
    if (bytes[at + index] !== text[index]) return false;
  }
  return true;
}
