import { createHash } from 'node:crypto';
import { rm, stat, truncate } from 'node:fs/promises';
import type { Clock } from '../../shared/clock.js';
import { isErrno } from '../../shared/errno.js';
import type { Checkpoint } from '../../transparency-log/checkpoint.js';
import {
  formatVerifierKey,
  NoteError,
  parseVerifierKey,
  type VerifierKey,
} from '../../transparency-log/signed-note.js';
import { openNotes, readNotes } from '../read/checkpoint-file.js';
import { lineBatches } from '../read/lines.js';
import { parseRecord } from '../read/records.js';
import { readSegmentStart, Replay } from '../read/segment-replay.js';
import { checkpointsPath, listSegments, type Segment } from '../read/segments.js';
import type { RecordOf } from '../record/index.js';
import type { LogPosition } from './audit-log.js';
import { EMPTY_LOG } from './encode-lines.js';
import { type Durability, SegmentFile } from './segment-file.js';
import { UnusableLogError } from './unusable-log.js';

/** What a log is opened with. */
export interface OpenLogOptions {
  /** The folder of the log; its lock is held. */
  readonly directory: string;
  readonly durability: Durability;
  /** Of the checkpoints that are signed from now on. */
  readonly key: VerifierKey;
  readonly clock: Clock;
}

/** What was found behind a log that nobody had closed. */
export interface Recovery {
  /** Bytes of a record that was being written. */
  readonly tornBytes: number;
  /** Of those bytes, in base64. */
  readonly tornSha256: string | undefined;
}

/** A log that can be continued. */
export interface OpenedLog {
  readonly position: LogPosition;
  /** Absent where the log had been closed, or is new. */
  readonly recovery: Recovery | undefined;
}

/** A segment, read to its end. */
interface ReplayedSegment {
  readonly segment: Segment;
  readonly start: RecordOf<'segment'>;
  readonly end: Replay;
  readonly lastLine: Buffer;
  readonly wholeBytes: number;
  readonly torn: Buffer | undefined;
  readonly signedSize: number;
}

/**
 * Finds the end of a log: reads its last segment, holds it against its checkpoints, and cuts off a
 * record that a crash has left in the middle. What was answered had been written whole before.
 *
 * @throws UnusableLogError for another log, or one that was changed: it must be kept and looked at
 */
export async function openLog(options: OpenLogOptions): Promise<OpenedLog> {
  const { directory, key, clock } = options;
  const last = await lastSegment(directory);
  if (last === undefined) {
    const position = { state: EMPTY_LOG, segment: undefined, segmentBegunAt: clock.now() };
    return { position: { ...position, signedSize: 0 }, recovery: undefined };
  }
  const replayed = await replaySegment(directory, last);
  if (replayed.start.origin !== key.name) {
    throw new UnusableLogError(
      `${directory} holds the log ${replayed.start.origin}, and not ${key.name}. Set audit.origin to its name, or give the new log a folder of its own.`,
    );
  }
  return {
    position: await positionAfter(replayed, options),
    recovery: recoveryOf(replayed),
  };
}

async function positionAfter(
  replayed: ReplayedSegment,
  { durability, key }: OpenLogOptions,
): Promise<LogPosition> {
  const { segment, start, end, wholeBytes, signedSize } = replayed;
  const file = await SegmentFile.open(segment.path, wholeBytes, durability);
  const isOwn = start.publicKey === formatVerifierKey(key);
  // Checkpoints of another key are about other segments: a verifier needs one key a segment.
  if (!isOwn) await file.close();
  return {
    state: { tree: end.tree, previous: end.previous },
    segment: isOwn ? { first: segment.first, file } : undefined,
    segmentBegunAt: (await stat(segment.path)).birthtimeMs,
    signedSize,
  };
}

function recoveryOf({ torn, lastLine }: ReplayedSegment): Recovery | undefined {
  if (torn === undefined && parseRecord(lastLine).type === 'stop') return undefined;
  return {
    tornBytes: torn?.length ?? 0,
    tornSha256: torn && createHash('sha256').update(torn).digest('base64'),
  };
}

/** A segment whose first record was never written whole had not begun. */
async function lastSegment(directory: string): Promise<Segment | undefined> {
  const last = (await listSegments(directory)).at(-1);
  if (last?.compressed === true) {
    throw damaged(`${last.path} is closed, and the segment that followed it is missing`);
  }
  if (last === undefined || (await hasWholeLine(last))) return last;
  await rm(last.path);
  return lastSegment(directory);
}

async function hasWholeLine(segment: Segment): Promise<boolean> {
  for await (const { lines } of lineBatches(segment)) {
    if (lines.length > 0) return true;
  }
  return false;
}

async function replaySegment(directory: string, segment: Segment): Promise<ReplayedSegment> {
  const notes = await mendedNotes(checkpointsPath(directory, segment.first));
  let reading: SegmentReading | undefined;
  let torn: Buffer | undefined;
  for await (const batch of lineBatches(segment)) {
    for (const line of batch.lines) {
      reading ??= new SegmentReading(segment, line, notes);
      reading.add(line);
    }
    torn = batch.torn;
  }
  if (reading === undefined) throw damaged(`${segment.path} has no record`);
  return { segment, ...reading.finish(), torn };
}

/** The notes of a file, from which one that a crash has left in the middle is cut off. */
async function mendedNotes(path: string): Promise<readonly string[]> {
  const notes = await readNotes(path);
  try {
    await truncate(path, Buffer.byteLength(notes.join('')));
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
  return notes;
}

/** Reads the last segment line by line, believing nothing. */
class SegmentReading {
  readonly #path: string;
  readonly #start: RecordOf<'segment'>;
  readonly #replay: Replay;
  readonly #checkpoints: Map<number, Checkpoint>;
  readonly #signedSize: number;
  #wholeBytes = 0;
  #lastLine: Buffer = Buffer.alloc(0);

  constructor({ path, first }: Segment, line: Buffer, notes: readonly string[]) {
    const start = readSegmentStart(line);
    if (start?.record.sequence !== first) throw damaged(`${path} does not begin a segment`);
    this.#path = path;
    this.#start = start.record;
    this.#replay = new Replay(start.before, start.record.previous);
    this.#checkpoints = checkpointsOf(notes, start.record.publicKey);
    this.#signedSize = Math.max(first, ...this.#checkpoints.keys());
  }

  add(line: Buffer): void {
    const sequence = this.#replay.tree.size;
    if (!this.#replay.isNext(line)) throw damaged(`${this.#path} misses record ${sequence}`);
    if (!this.#replay.isLinked(line)) {
      throw damaged(`${this.#path} was changed before record ${sequence}`);
    }
    this.#replay.append(line);
    const signed = this.#checkpoints.get(sequence + 1);
    if (signed?.root.equals(this.#replay.tree.root()) === false) {
      throw damaged(`${this.#path} is not what was signed at record ${sequence}`);
    }
    this.#wholeBytes += line.length + 1;
    this.#lastLine = line;
  }

  finish(): Omit<ReplayedSegment, 'segment' | 'torn'> {
    const { size } = this.#replay.tree;
    if (this.#signedSize > size) {
      throw damaged(
        `${this.#path} ends with record ${size - 1}, and a checkpoint was signed for ${this.#signedSize} records`,
      );
    }
    return {
      start: this.#start,
      end: this.#replay,
      lastLine: this.#lastLine,
      wholeBytes: this.#wholeBytes,
      signedSize: this.#signedSize,
    };
  }
}

/** By their sizes. */
function checkpointsOf(notes: readonly string[], publicKey: string): Map<number, Checkpoint> {
  try {
    const signed = openNotes(notes, parseVerifierKey(publicKey));
    return new Map(signed.map(({ checkpoint }) => [checkpoint.size, checkpoint]));
  } catch (error) {
    if (error instanceof NoteError) throw damaged(`a checkpoint of it: ${error.message}`);
    throw error;
  }
}

function damaged(what: string): UnusableLogError {
  return new UnusableLogError(
    `The audit log was changed since it was written: ${what}. Keep it as it is, find out with "holdfast audit verify", and give the server a new folder.`,
  );
}
