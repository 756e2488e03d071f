import { UnreadableError } from './unreadable.js';

/** No record is so long, and no line of a file of checkpoints. What is, is not held in memory. */
export const MAX_LINE_BYTES = 1024 * 1024;
const LINE_FEED = 0x0a;

/** Some text of a file. */
export interface TextBatch {
  /** Whole lines, each with its line feed. Valid until the next batch is asked for, and longer. */
  readonly text: Buffer;
  /** Bytes after the last line feed of the file: a line that was cut. Only in the last batch. */
  readonly torn: Buffer | undefined;
}

/**
 * Divides bytes after line feeds, as they come.
 *
 * @param path for the error
 * @throws UnreadableError for a line of more than {@link MAX_LINE_BYTES}, after the lines before it
 */
export async function* wholeLines(
  path: string,
  contents: AsyncIterable<Buffer>,
): AsyncGenerator<TextBatch, void, undefined> {
  let rest: Buffer = Buffer.alloc(0);
  let offset = 0;
  for await (const chunk of contents) {
    const first = chunk.indexOf(LINE_FEED);
    const lineBytes = rest.length + (first < 0 ? chunk.length : first);
    if (lineBytes > MAX_LINE_BYTES) {
      throw new UnreadableError(path, `has a line at byte ${String(offset)} that is no record's`);
    }
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const end = first < 0 ? 0 : bytes.lastIndexOf(LINE_FEED) + 1;
    rest = bytes.subarray(end);
    offset += end;
    if (end > 0) yield { text: bytes.subarray(0, end), torn: undefined };
  }
  if (rest.length > 0) yield { text: Buffer.alloc(0), torn: rest };
}
