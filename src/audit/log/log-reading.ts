import type { Checkpoint } from '../../transparency-log/checkpoint.js';
import { leafHash } from '../../transparency-log/hashes.js';
import { splitLines } from '../read/line-chunks.js';
import { isLineAt } from '../read/line-head.js';
import type { LogFolder } from '../read/log-folder.js';
import { parseRecord } from '../read/records.js';
import { readSegmentHeader } from '../read/segment-header.js';
import { msOfLine, SegmentTimes } from '../read/segment-times.js';
import type { Segment } from '../read/segments.js';
import { UnreadableError } from '../read/unreadable.js';
import type { CheckpointSchedule } from './checkpoint-writer.js';
import type { LogState } from './encode-lines.js';
import { UnsignedTail } from './unsigned-tail.js';
import { damaged } from './unusable-log.js';
import { counted } from '../../shared/counted.js';

/**
 * Quotes within a text are escaped in JSON, so nothing but the type of a record looks like these.
 */
const START_MARK = '"type":"start"';
const STOP_MARK = '"type":"stop"';

/** The end of a log, as it was found. */
export interface LogEnd {
  /** The log up to its last whole record. */
  readonly state: LogState;
  /** True when the last server stopped in order. */
  readonly isStopped: boolean;
  /** Bytes of whole records in the last segment. The rest of the file is no record. */
  readonly wholeBytes: number;
  /** Time at which its last record was made, in ms since 1970. */
  readonly lastRecordAt: number | undefined;
  readonly unsigned: UnsignedTail;
}

/**
 * Reads a log from the segment on in which it was signed last, believing nothing but that
 * signature.
 *
 * @param folder of a log with a segment
 * @param newest the last checkpoint; absent where nothing was signed yet
 * @param schedule of the checkpoints
 * @throws UnusableLogError where the log is not what was signed, or does not follow on from itself
 */
export async function readEnd(
  folder: LogFolder,
  newest: Checkpoint | undefined,
  schedule: CheckpointSchedule,
): Promise<LogEnd> {
  const segments = newest === undefined ? folder.segments : folder.segmentsFrom(newest.size);
  if (segments.length === 0) throw damaged('what was signed last is not there');
  const reading = new LogReading(newest, new UnsignedTail(schedule));
  for (const segment of segments) await reading.read(folder, segment);
  return reading.end();
}

class LogReading {
  readonly #newest: Checkpoint | undefined;
  readonly #unsigned: UnsignedTail;
  #state: LogState | undefined;
  #isStopped = false;
  #wholeBytes = 0;
  #lastLine: Buffer | undefined;

  constructor(newest: Checkpoint | undefined, unsigned: UnsignedTail) {
    this.#newest = newest;
    this.#unsigned = unsigned;
  }

  async read(folder: LogFolder, segment: Segment): Promise<void> {
    const isLast = !folder.isClosed(segment);
    this.#wholeBytes = 0;
    try {
      for await (const { bytes } of folder.lines(segment)) {
        for (const line of splitLines(bytes)) {
          if (this.#wholeBytes === 0) this.#begin(line, segment);
          if (isLast && this.#isUnsigned && parseRecord(line) === undefined) return;
          this.#add(line, segment.path);
        }
      }
    } catch (error) {
      if (!(error instanceof UnreadableError)) throw error;
      // A power cut can leave any bytes behind the last record.
      if (!isLast || !this.#isUnsigned) throw damaged(error.message);
    }
    if (this.#wholeBytes === 0) throw damaged(`${segment.path} does not begin a segment`);
  }

  end(): LogEnd {
    const state = this.#begun;
    const { size } = state.tree;
    if (this.#newest !== undefined && this.#newest.size > size) {
      throw damaged(
        `it ends with record ${String(size - 1)}, and a checkpoint was signed for ${counted(this.#newest.size, 'record')}`,
      );
    }
    return {
      state,
      isStopped: this.#isStopped,
      wholeBytes: this.#wholeBytes,
      lastRecordAt: this.#lastLine && msOfLine(this.#lastLine),
      unsigned: this.#unsigned,
    };
  }

  /** Holds the first record of a segment against what was read before it. */
  #begin(line: Buffer, { path, first }: Segment): void {
    const header = readSegmentHeader(line);
    if (header === undefined) throw damaged(`${path} does not begin a segment`);
    const times = new SegmentTimes(first);
    if (this.#state === undefined) {
      this.#state = { tree: header.before, previous: header.record.previous, times };
      this.#compare();
    } else if (header.before.root() !== this.#state.tree.root()) {
      throw damaged(`${path} does not follow on from the segment before it`);
    }
    this.#state = { ...this.#state, times };
  }

  /** The log so far, of which at least the beginning was read. */
  get #begun(): LogState {
    if (this.#state === undefined) throw damaged('it has no beginning');
    return this.#state;
  }

  /** True when nothing vouches for the next record. */
  get #isUnsigned(): boolean {
    return this.#state !== undefined && this.#state.tree.size >= (this.#newest?.size ?? 0);
  }

  #add(line: Buffer, path: string): void {
    const { tree, previous, times } = this.#begun;
    if (!isLineAt(line, tree.size, previous)) {
      throw damaged(`${path} misses record ${String(tree.size)}, or was changed before it`);
    }
    if (this.#isUnsigned) this.#unsigned.add(line);
    const leaf = leafHash(line);
    tree.append(leaf);
    times?.add(line);
    this.#state = { tree, previous: leaf, times };
    this.#compare();
    this.#wholeBytes += line.length + 1;
    this.#lastLine = line;
    if (line.includes(START_MARK)) this.#isStopped = false;
    else if (line.includes(STOP_MARK)) this.#isStopped = true;
  }

  #compare(): void {
    const { tree } = this.#begun;
    if (this.#newest?.size !== tree.size || this.#newest.root === tree.root()) return;
    throw damaged(`its first ${String(tree.size)} records are not those that were signed`);
  }
}
