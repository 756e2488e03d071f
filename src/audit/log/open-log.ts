import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, stat, truncate } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '../../shared/clock.js';
import { isErrno } from '../../shared/errno.js';
import { type Checkpoint, openCheckpoint } from '../../transparency-log/checkpoint.js';
import {
  formatVerifierKey,
  NoteError,
  parseVerifierKey,
  type VerifierKey,
} from '../../transparency-log/signed-note.js';
import { readNotes } from '../read/checkpoint-file.js';
import { lineBatches } from '../read/lines.js';
import { startOf } from '../read/public-key.js';
import { NotARecordError, parseRecord } from '../read/records.js';
import { Replay, type SegmentStart } from '../read/segment-replay.js';
import { checkpointsPath, listSegments, type Segment } from '../read/segments.js';
import type { RecordOf } from '../record/index.js';
import type { LogPosition } from './audit-log.js';
import { EMPTY_LOG } from './encode-lines.js';
import { AppendOnlyFile, type Durability } from './append-only-file.js';
import { UnusableLogError } from './unusable-log.js';

/** Quotes within a text are escaped in JSON, so nothing but the type of a record looks like these. */
const START_MARK = '"type":"start"';
const STOP_MARK = '"type":"stop"';

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
  /** Bytes behind the last whole record, which are cut off and kept beside the segment. */
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
  /** Whether a server has stopped in order, and none has started since. */
  readonly isStopped: boolean;
  readonly wholeBytes: number;
  readonly signedSize: number;
}

/**
 * Finds the end of a log: reads its last segment, holds it against its checkpoints, and cuts off what a
 * crash has left behind the last whole record. Before an answer went out its record had been written
 * whole; after a power cut, with `written`, more may be gone, and what is no record is kept beside.
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
  // Before the file is cut.
  const recovery = await recoveryOf(replayed);
  return { position: await positionAfter(replayed, options), recovery };
}

async function positionAfter(
  replayed: ReplayedSegment,
  { durability, key }: OpenLogOptions,
): Promise<LogPosition> {
  const { segment, start, end, wholeBytes, signedSize } = replayed;
  const file = await AppendOnlyFile.open(segment.path, wholeBytes, durability);
  const isOwn = start.publicKey === formatVerifierKey(key);
  // Checkpoints of another key are about other segments: a verifier needs one key a segment.
  if (!isOwn) await file.close();
  return {
    state: { tree: end.tree, previous: end.previous },
    segment: isOwn ? { first: segment.first, file } : undefined,
    segmentBegunAt: Date.parse(start.time),
    signedSize,
  };
}

async function recoveryOf(replayed: ReplayedSegment): Promise<Recovery | undefined> {
  const { segment, wholeBytes, isStopped } = replayed;
  const tornBytes = (await stat(segment.path)).size - wholeBytes;
  if (tornBytes === 0) {
    return isStopped ? undefined : { tornBytes, tornSha256: undefined };
  }
  const kept = `${segment.path}.cut-at-${String(replayed.end.tree.size)}`;
  await pipeline(
    createReadStream(segment.path, { start: wholeBytes }),
    createWriteStream(kept, { mode: 0o600, flush: true }),
  );
  return { tornBytes, tornSha256: await sha256OfFile(kept) };
}

async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('base64');
}

/** A segment whose first record was never written whole, and so never signed, had not begun. */
async function lastSegment(directory: string): Promise<Segment | undefined> {
  const last = (await listSegments(directory)).at(-1);
  if (last?.compressed === true) {
    throw damaged(`${last.path} is closed, and the segment that followed it is missing`);
  }
  if (last === undefined || (await startOf(last))?.record.sequence === last.first) return last;
  if ((await readNotes(checkpointsPath(directory, last.first))).length > 0) {
    throw damaged(`${last.path} does not begin a segment`);
  }
  await rename(last.path, `${last.path}.cut-at-${String(last.first)}`);
  return lastSegment(directory);
}

async function replaySegment(directory: string, segment: Segment): Promise<ReplayedSegment> {
  const notes = await mendedNotes(checkpointsPath(directory, segment.first));
  const reading = await SegmentReading.begin(segment, notes);
  for await (const { lines } of lineBatches(segment)) {
    if (!lines.every((line) => reading.add(line))) break;
  }
  return { segment, ...reading.finish() };
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
  #isStopped = false;

  private constructor(
    { path, first }: Segment,
    { record, before }: SegmentStart,
    notes: readonly string[],
  ) {
    this.#path = path;
    this.#start = record;
    this.#replay = new Replay(before, record.previous);
    this.#checkpoints = checkpointsOf(notes, record.publicKey);
    this.#signedSize = Math.max(first, ...this.#checkpoints.keys());
  }

  static async begin(segment: Segment, notes: readonly string[]): Promise<SegmentReading> {
    const start = await startOf(segment);
    if (start === undefined) throw damaged(`${segment.path} does not begin a segment`);
    return new SegmentReading(segment, start, notes);
  }

  /** @returns whether there is a record; from the first line that is none on, all is what a crash has left */
  add(line: Buffer): boolean {
    const sequence = this.#replay.tree.size;
    if (sequence >= this.#signedSize && !isRecordLine(line)) return false;
    if (!this.#replay.isNext(line)) throw damaged(`${this.#path} misses record ${sequence}`);
    if (!this.#replay.isLinked(line)) {
      throw damaged(`${this.#path} was changed before record ${sequence}`);
    }
    this.#replay.append(line);
    const signed = this.#checkpoints.get(sequence + 1);
    if (signed !== undefined && signed.root !== this.#replay.tree.root()) {
      throw damaged(`${this.#path} is not what was signed at record ${sequence}`);
    }
    this.#wholeBytes += line.length + 1;
    if (line.includes(START_MARK)) this.#isStopped = false;
    else if (line.includes(STOP_MARK)) this.#isStopped = true;
    return true;
  }

  finish(): Omit<ReplayedSegment, 'segment'> {
    const { size } = this.#replay.tree;
    if (this.#signedSize > size) {
      throw damaged(
        `${this.#path} ends with record ${size - 1}, and a checkpoint was signed for ${this.#signedSize} records`,
      );
    }
    return {
      start: this.#start,
      end: this.#replay,
      isStopped: this.#isStopped,
      wholeBytes: this.#wholeBytes,
      signedSize: this.#signedSize,
    };
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

/** By their sizes. */
function checkpointsOf(notes: readonly string[], publicKey: string): Map<number, Checkpoint> {
  try {
    const key = parseVerifierKey(publicKey);
    const checkpoints = notes.map((note) => openCheckpoint(note, key));
    return new Map(checkpoints.map((checkpoint) => [checkpoint.size, checkpoint]));
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
