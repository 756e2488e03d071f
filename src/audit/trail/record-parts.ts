/** Bytes of the entries of one record; the log allows 65,535 for all of it (C2SP tlog-tiles). */
const PART_BYTES = 60_000;
const NOT_PLAIN = /[^\x20-\x7e]/g;
/** Length of `\uXXXX`, as which a character is written that is not ASCII. */
const ESCAPE_BYTES = 6;

/**
 * Spreads entries over as many records as it takes for none to be too long, in their order.
 *
 * @returns at least one part; an entry that is too long by itself has one of its own
 */
export function inParts<Entry>(entries: readonly Entry[]): Entry[][] {
  let part: Entry[] = [];
  const parts = [part];
  let bytes = 0;
  for (const entry of entries) {
    const length = bytesOf(entry);
    if (part.length > 0 && bytes + length > PART_BYTES) {
      part = [];
      parts.push(part);
      bytes = 0;
    }
    part.push(entry);
    bytes += length;
  }
  return parts;
}

/** Counts the bytes of an entry of a list in the log, with the comma after it. */
function bytesOf(entry: unknown): number {
  const json = JSON.stringify(entry);
  const escapes = json.match(NOT_PLAIN)?.length ?? 0;
  return json.length + escapes * (ESCAPE_BYTES - 1) + 1;
}
