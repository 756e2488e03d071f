import { MerkleFrontier } from '../../transparency-log/frontier.js';
import { leafHash } from '../../transparency-log/hashes.js';
import { lineStart, linkTo } from '../read/line-head.js';
import type { SegmentTimes } from '../read/segment-times.js';
import { ENVELOPE_BYTES } from '../record/limits.js';

const LINE_FEED = 0x0a;

/** A log up to some record: all that is needed to write the next. */
export interface LogState {
  /** Over every record. Its size is the sequence of the next one. */
  readonly tree: MerkleFrontier;
  /** Leaf hash of the last record in base64; absent in an empty log. */
  readonly previous: string | undefined;
  /** The times of the records of the last segment; absent where there is none. */
  readonly times: SegmentTimes | undefined;
}

/** A log without records. */
export const EMPTY_LOG: LogState = {
  tree: MerkleFrontier.empty(),
  previous: undefined,
  times: undefined,
};

/**
 * Puts lines together and adds them to the tree.
 *
 * @param payloads as `Payloads` makes them
 * @returns the bytes to append, and the log as it is with them; the state given stays as it is
 */
export function encodeLines(state: LogState, payloads: readonly string[]) {
  const tree = state.tree.copy();
  const times = state.times?.copy();
  let { previous } = state;
  const lines = new LineBuffer(payloads);
  for (const payload of payloads) {
    const line = `${lineStart(tree.size)}${linkTo(previous)}${payload}`;
    const appended = lines.append(line);
    const leaf = leafHash(appended);
    times?.add(appended);
    tree.append(leaf);
    previous = leaf;
  }
  return { bytes: lines.bytes(), state: { tree, previous, times } satisfies LogState };
}

/** Room for some lines. */
class LineBuffer {
  readonly #memory: Buffer;
  #length = 0;

  constructor(payloads: readonly string[]) {
    const room = payloads.reduce((sum, payload) => sum + ENVELOPE_BYTES + payload.length, 0);
    this.#memory = Buffer.allocUnsafeSlow(room);
  }

  /** @returns the line's bytes, without its line feed */
  append(line: string): Buffer {
    const start = this.#length;
    const end = start + this.#memory.write(line, start, 'latin1');
    this.#memory[end] = LINE_FEED;
    this.#length = end + 1;
    return this.#memory.subarray(start, end);
  }

  bytes(): Buffer {
    return this.#memory.subarray(0, this.#length);
  }
}
