import { MAX_HEADERS } from '../request-head.js';

/** The lines of a shorter head are not counted here: they are few, and the parser counts them. */
const FREE_BYTES = 1_024;
const LINE_FEED = 0x0a;

/** The lines of a head that comes in by slices, with their limit. */
export class HeadLines {
  #bytes = 0;
  #lines = 0;

  /** @returns false when there are more lines than a head may have */
  add(slice: Buffer): boolean {
    this.#bytes += slice.byteLength;
    if (this.#bytes > FREE_BYTES) this.#lines += countLines(slice);
    return this.#lines <= MAX_HEADERS;
  }
}

function countLines(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, at + 1))
    lines += 1;
  return lines;
}
