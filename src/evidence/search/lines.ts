const LINE_FEED = 0x0a;
const BACKSLASH = '\\';

/**
 * The lines of a block that may hold a text: those that have its bytes, and those with a backslash,
 * in which it may be spelled in another way.
 *
 * @param text whole lines
 * @param needle without a line feed
 */
export function* linesWith(text: Buffer, needle: Buffer): Generator<Buffer, void, undefined> {
  let needleAt = text.indexOf(needle);
  let backslashAt = text.indexOf(BACKSLASH);
  while (needleAt >= 0 || backslashAt >= 0) {
    const at = earlier(needleAt, backslashAt);
    const start = text.lastIndexOf(LINE_FEED, at) + 1;
    const end = endOf(text, at);
    yield text.subarray(start, end);
    if (needleAt >= 0 && needleAt < end) needleAt = text.indexOf(needle, end);
    if (backslashAt >= 0 && backslashAt < end) backslashAt = text.indexOf(BACKSLASH, end);
  }
}

function endOf(text: Buffer, from: number): number {
  const end = text.indexOf(LINE_FEED, from);
  return end < 0 ? text.length : end;
}

function earlier(a: number, b: number): number {
  if (a < 0) return b;
  return b < 0 ? a : Math.min(a, b);
}
