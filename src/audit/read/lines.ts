import { segmentBytes } from './file-bytes.js';
import { openSegment, type OpenSegment } from './open-segment.js';
import type { Segment } from './segments.js';
import { UnreadableError } from './unreadable.js';
import { MAX_LINE_BYTES, type TextBatch, wholeLines } from './whole-lines.js';

const LINE_FEED = 0x0a;
const RECORD_HEAD = Buffer.from('{"schema":');
/** Stands in every record. */
const EVERY_RECORD = Buffer.from('"sequence":');

/** Some lines of a segment. */
export interface LineBatch extends Pick<TextBatch, 'torn'> {
  /** Whole lines, without their line feeds. Valid until the next batch is asked for, and longer. */
  readonly lines: readonly Buffer[];
}

/**
 * Reads the lines of a segment, about a megabyte at a time.
 *
 * @throws UnreadableError for what is no segment, after the lines before the damage; the file
 *   system's error
 */
export async function* lineBatches(
  segment: Pick<Segment, 'path' | 'compressed'>,
): AsyncGenerator<LineBatch, void, undefined> {
  const open = await openSegment(segment);
  try {
    for await (const { text, torn } of textBatches(open)) {
      yield { torn, lines: splitLines(text).lines };
    }
  } finally {
    await open.handle.close();
  }
}

/**
 * Reads the text of a segment that is open, about a megabyte at a time.
 *
 * @throws as `lineBatches`
 */
export function textBatches(open: OpenSegment): AsyncGenerator<TextBatch, void, undefined> {
  return wholeLines(open.path, segmentBytes(open));
}

/**
 * The text of a segment for whoever reports what stands in it: what is no text of a log must not
 * pass for a segment that holds little or nothing.
 *
 * @param closed whether another segment follows, so that nothing is added to this one any more
 * @throws as `lineBatches`, and where the segment ends otherwise than a server leaves it
 */
export async function* recordTexts(
  open: OpenSegment,
  closed: boolean,
): AsyncGenerator<Buffer, void, undefined> {
  const isFinished = closed || open.compressed;
  let bytes = 0;
  let hasRecord = false;
  for await (const { text, torn } of textBatches(open)) {
    bytes += text.length;
    hasRecord ||= text.includes(EVERY_RECORD);
    if (!hasRecord && bytes > MAX_LINE_BYTES) break;
    if (text.length > 0) yield text;
    if (torn === undefined || (!isFinished && isBegunRecord(torn))) continue;
    const what = `ends with ${String(torn.length)} bytes that are no whole line`;
    throw new UnreadableError(open.path, what);
  }
  if (!hasRecord && (isFinished || bytes > 0)) {
    throw new UnreadableError(open.path, 'holds no record');
  }
}

/** Tells whether a line that was cut may have been the beginning of a record. */
function isBegunRecord(torn: Buffer): boolean {
  const length = Math.min(torn.length, RECORD_HEAD.length);
  return torn.compare(RECORD_HEAD, 0, length, 0, length) === 0;
}

/**
 * Divides bytes at their line feeds.
 *
 * @returns whole lines, without their line feeds, and what follows the last; they share the memory
 */
export function splitLines(bytes: Buffer): { readonly lines: Buffer[]; readonly rest: Buffer } {
  const lines: Buffer[] = [];
  let start = 0;
  for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, start)) {
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return { lines, rest: bytes.subarray(start) };
}
