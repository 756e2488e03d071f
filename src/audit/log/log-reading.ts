import type { Checkpoint } from '../../transparency-log/checkpoint.js';
import { lineBatches } from '../read/lines.js';
import { NotARecordError, parseRecord } from '../read/records.js';
import { startOf } from '../read/public-key.js';
import { Replay, type SegmentStart } from '../read/segment-replay.js';
import type { Segment } from '../read/segments.js';
import { UnreadableError } from '../read/unreadable.js';
import type { CheckpointSchedule } from './checkpoint-writer.js';
import { damaged } from './damaged.js';
import { timeOfLine, UnsignedTail } from './unsigned-tail.js';

/**
 * Quotes within a text are escaped in JSON, so nothing but the type of a record looks like these.
 */
const START_MARK = '"type":"start"';
const STOP_MARK = '"type":"stop"';

/** The end of a log, as it was found. */
export interface LogEnd {
  readonly replay: Replay;
  /** Whether a server has stopped in order, and none has started since. */
  readonly isStopped: boolean;
  /** Of the last segment: what stands behind them is no record. */
  readonly wholeBytes: number;
  /** Time at which its last record was made, in ms since 1970. */
  readonly lastRecordAt: number | undefined;
  readonly unsigned: UnsignedTail;
}

/**
 * Reads a log from the segment on in which it was signed last, believing nothing but that signature.
 *
 * @param segments from that one to the last, at least one
 * @param newest the last checkpoint; absent where nothing was signed yet
 * @param schedule of the checkpoints
 * @throws UnusableLogError where the log is not what was signed, or does not follow on from itself
 */
export async function readEnd(
  segments: readonly Segment[],
  newest: Checkpoint | undefined,
  schedule: CheckpointSchedule,
): Promise<LogEnd> {
  const [first] = segments;
  const start = first && (await startOf(first));
  if (first === undefined || start === undefined) throw damaged('it has no beginning');
  const reading = new LogReading(start, newest, new UnsignedTail(schedule));
  for (const segment of segments) await reading.read(segment, segment === segments.at(-1));
  return reading.end();
}

class LogReading {
  readonly #replay: Replay;
  readonly #newest: Checkpoint | undefined;
  readonly #unsigned: UnsignedTail;
  #isStopped = false;
  #wholeBytes = 0;
  #lastLine: Buffer | undefined;

  constructor(
    { record, before }: SegmentStart,
    newest: Checkpoint | undefined,
    unsigned: UnsignedTail,
  ) {
    this.#replay = new Replay(before, record.previous);
    this.#newest = newest;
    this.#unsigned = unsigned;
    this.#compare();
  }

  async read(segment: Segment, isLast: boolean): Promise<void> {
    const start = await startOf(segment);
    if (start?.before.root() !== this.#replay.tree.root()) {
      throw damaged(`${segment.path} does not follow on from the segment before it`);
    }
    this.#wholeBytes = 0;
    try {
      for await (const { lines } of lineBatches(segment)) {
        for (const line of lines) {
          if (isLast && this.#isUnsigned && !isRecordLine(line)) return;
          this.#add(line, segment.path);
        }
      }
    } catch (error) {
      if (!(error instanceof UnreadableError)) throw error;
      // A power cut can leave any bytes behind the last record.
      if (!isLast || !this.#isUnsigned) throw damaged(error.message);
    }
  }

  end(): LogEnd {
    const { size } = this.#replay.tree;
    if (this.#newest !== undefined && this.#newest.size > size) {
      throw damaged(
        `it ends with record ${String(size - 1)}, and a checkpoint was signed for ${String(this.#newest.size)} records`,
      );
    }
    return {
      replay: this.#replay,
      isStopped: this.#isStopped,
      wholeBytes: this.#wholeBytes,
      lastRecordAt: this.#lastLine && timeOfLine(this.#lastLine),
      unsigned: this.#unsigned,
    };
  }

  get #isUnsigned(): boolean {
    return this.#replay.tree.size >= (this.#newest?.size ?? 0);
  }

  #add(line: Buffer, path: string): void {
    const sequence = String(this.#replay.tree.size);
    if (!this.#replay.isNext(line)) throw damaged(`${path} misses record ${sequence}`);
    if (!this.#replay.isLinked(line))
      throw damaged(`${path} was changed before record ${sequence}`);
    if (this.#isUnsigned) this.#unsigned.add(line);
    this.#replay.append(line);
    this.#compare();
    this.#wholeBytes += line.length + 1;
    this.#lastLine = line;
    if (line.includes(START_MARK)) this.#isStopped = false;
    else if (line.includes(STOP_MARK)) this.#isStopped = true;
  }

  #compare(): void {
    const { tree } = this.#replay;
    if (this.#newest?.size !== tree.size || this.#newest.root === tree.root()) return;
    throw damaged(`its first ${String(tree.size)} records are not those that were signed`);
  }
}

function isRecordLine(line: Buffer): boolean {
  try {
    parseRecord(line);
    return true;
  } catch (error) {
    if (error instanceof NotARecordError) return false;
    throw error;
  }
}
