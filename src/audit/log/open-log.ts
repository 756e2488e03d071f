import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { assertPrivateFiles } from '../../durable/private.js';
import type { Clock } from '../../shared/clock.js';
import type { Checkpoint } from '../../transparency-log/checkpoint.js';
import { formatVerifierKey, type VerifierKey } from '../../transparency-log/signed-note.js';
import { startOf } from '../read/public-key.js';
import { checkpointsPath, listSegments, type Segment } from '../read/segments.js';
import { UnreadableError } from '../read/unreadable.js';
import type { RecordOf } from '../record/index.js';
import { AppendOnlyFile, type Durability, sizeOf } from './append-only-file.js';
import type { LogPosition } from './log-ports.js';
import type { CheckpointSchedule } from './checkpoint-writer.js';
import { damaged } from './damaged.js';
import { EMPTY_LOG } from './encode-lines.js';
import { type LogEnd, readEnd } from './log-reading.js';
import {
  newestCheckpoint,
  prepareCheckpoints,
  type SetAside,
  setAside,
} from './newest-checkpoint.js';
import { unsignedTailError } from './unsigned-tail-error.js';
import { UnusableLogError } from './unusable-log.js';

const LOG_FILE = /^\d{12}\./;
/** The largest that the configuration allows, and a batch that began just before it was full. */
const MAX_SEGMENT_BYTES = 1_100 * 1024 * 1024;
/** Of a segment whose first record is not whole: no record is so long, nor are the first few. */
const MAX_UNBEGUN_BYTES = 4 * 1024 * 1024;

/**
 * Everything that a log is opened with; `everyRecords` and `everyMs` bound what of it may be
 * unsigned.
 */
export interface OpenLogPorts extends CheckpointSchedule {
  /** The folder of the log; its lock is held. */
  readonly directory: string;
  readonly durability: Durability;
  /** Of the checkpoints that are signed from now on. */
  readonly key: VerifierKey;
  readonly clock: Clock;
  /** The operator's reason to take over an unsigned tail that no crash can have left. */
  readonly acceptUnsignedTail?: string | undefined;
}

/**
 * The end of a log that was not closed in order, or that somebody has added to since, as it was
 * found.
 */
export type Recovery = Pick<
  RecordOf<'recovery'>,
  'tornBytes' | 'tornSha256' | 'unsignedFirst' | 'unsignedLast' | 'accepted' | 'setAside'
>;

/** A log that can be continued. */
export interface OpenedLog {
  readonly position: LogPosition;
  /** Absent where the log had been closed in order and is all signed, or is new. */
  readonly recovery: Recovery | undefined;
  /** Time at which its newest record was made, in ms since 1970; undefined in a new log. */
  readonly newestRecordAt: number | undefined;
}

/** The last segment, and where the log was signed last. */
interface Found extends LogEnd {
  readonly segment: Segment;
  readonly start: RecordOf<'segment'>;
  readonly signedSize: number;
  /** The first record that is here and that no checkpoint covers. */
  readonly unsignedFirst: number;
}

/**
 * Finds the end of a log: reads it from where it was signed last, and cuts off what a crash has left
 * behind the last whole record. Before an answer went out its record had been written whole; after a
 * power cut, with `written`, more may be gone, and what is no record is kept beside.
 *
 * @throws UnusableLogError for another log, or one that was changed: it must be kept and looked at
 */
export async function openLog(options: OpenLogPorts): Promise<OpenedLog> {
  const { directory, key, clock } = options;
  // A link would lead what is cut off and appended to wherever it likes; a pipe would be waited
  // for.
  const names = (await readdir(directory)).filter((name) => LOG_FILE.test(name));
  await assertPrivateFiles(names.map((name) => join(directory, name)));
  const aside: SetAside[] = [];
  const last = await lastSegment(directory, aside);
  const newest = await newestCheckpoint(directory, key);
  if (last === undefined) {
    if (newest !== undefined) throw damaged('there are checkpoints, and no segment');
    const position = { state: EMPTY_LOG, segment: undefined, segmentBegunAt: clock.now() };
    return {
      position: { ...position, signedSize: 0 },
      recovery: aside.length === 0 ? undefined : { tornBytes: 0, setAside: aside },
      newestRecordAt: undefined,
    };
  }
  const found = await findEnd(last, newest, options);
  const accepted = acceptedTail(found, options);
  const damagedNotes = await prepareCheckpoints(checkpointsPath(directory, last.first), key);
  if (damagedNotes !== undefined) aside.push(damagedNotes);
  // Before the file is cut.
  const recovery = await recoveryOf(found, { accepted, aside });
  const position = await positionAfter(found, options);
  return { position, recovery, newestRecordAt: found.lastRecordAt };
}

async function findEnd(
  segment: Segment,
  newest: Checkpoint | undefined,
  options: OpenLogPorts,
): Promise<Found> {
  const { directory, key } = options;
  const start = (await startOf(segment))?.record;
  if (start === undefined) throw damaged(`${segment.path} does not begin a segment`);
  if (start.origin !== key.name) {
    throw new UnusableLogError(
      `${directory} holds the log ${start.origin}, and not ${key.name}. Set audit.origin to its name, or give the new log a folder of its own.`,
    );
  }
  const segments = await listSegments(directory);
  const from =
    newest === undefined ? 0 : segments.findLastIndex(({ first }) => first <= newest.size);
  if (from < 0) throw damaged('what was signed last is not there');
  const end = await readEnd(segments.slice(from), newest, options);
  const signedSize = newest?.size ?? 0;
  const unsignedFirst = Math.max(signedSize, segments[0]?.first ?? 0);
  return { ...end, segment, start, signedSize, unsignedFirst };
}

/**
 * Whoever has removed checkpoints could have written the records behind them anew, and a start that
 * signs those would vouch for them.
 *
 * @returns the operator's words where they are needed
 * @throws UnusableLogError where they are needed and missing
 */
function acceptedTail(found: Found, options: OpenLogPorts): string | undefined {
  if (!found.unsigned.isTooLong) return undefined;
  if (options.acceptUnsignedTail !== undefined) return options.acceptUnsignedTail;
  throw unsignedTailError(
    {
      tail: found.unsigned,
      first: found.unsignedFirst,
      last: found.replay.tree.size - 1,
      signedSize: found.signedSize,
    },
    options,
  );
}

async function positionAfter(
  { segment, start, replay, wholeBytes, signedSize }: Found,
  { durability, key, clock }: OpenLogPorts,
): Promise<LogPosition> {
  const file = await AppendOnlyFile.open(segment.path, wholeBytes, { durability, clock });
  const isOwn = start.publicKey === formatVerifierKey(key);
  // Checkpoints of another key are about other segments: a verifier needs one key a segment.
  if (!isOwn) await file.close();
  return {
    state: { tree: replay.tree, previous: replay.previous },
    segment: isOwn ? { first: segment.first, file } : undefined,
    segmentBegunAt: Date.parse(start.time),
    signedSize,
  };
}

async function recoveryOf(
  found: Found,
  { accepted, aside }: { readonly accepted: string | undefined; readonly aside: SetAside[] },
): Promise<Recovery | undefined> {
  const { segment, wholeBytes, isStopped, replay, signedSize, unsignedFirst } = found;
  const { size } = replay.tree;
  const tornBytes = (await sizeOf(segment.path)) - wholeBytes;
  const isInOrder = isStopped && signedSize === size && aside.length === 0;
  if (tornBytes === 0 && isInOrder) return undefined;
  return {
    tornBytes,
    ...(tornBytes > 0 && { tornSha256: await keepTorn(found) }),
    ...(signedSize < size && { unsignedFirst, unsignedLast: size - 1 }),
    ...(accepted !== undefined && { accepted }),
    ...(aside.length > 0 && { setAside: aside }),
  };
}

/** @returns the hash of what was kept */
async function keepTorn({ segment, wholeBytes, replay, start }: Found): Promise<string> {
  const size = String(replay.tree.size);
  const kept = `${segment.path}.cut-at-${size}-${String(Date.parse(start.time))}`;
  await pipeline(
    createReadStream(segment.path, { start: wholeBytes }),
    createWriteStream(kept, { flags: 'wx', mode: 0o600, flush: true }),
  );
  return sha256OfFile(kept);
}

async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('base64');
}

/** @returns undefined where a segment does not begin with a record */
async function sequenceOfFirst(segment: Segment): Promise<number | undefined> {
  try {
    return (await startOf(segment))?.record.sequence;
  } catch (error) {
    if (error instanceof UnreadableError) return undefined;
    throw error;
  }
}

/** A segment whose first record was never written whole, and so never signed, had not begun. */
async function lastSegment(directory: string, aside: SetAside[]): Promise<Segment | undefined> {
  const last = (await listSegments(directory)).at(-1);
  if (last === undefined) return undefined;
  if (last.compressed) {
    throw damaged(`${last.path} is closed, and the segment that followed it is missing`);
  }
  const bytes = await sizeOf(last.path);
  if (bytes > MAX_SEGMENT_BYTES) {
    throw damaged(`${last.path} has ${String(bytes)} bytes, and no segment is so large`);
  }
  if ((await sequenceOfFirst(last)) === last.first) return last;
  if (bytes > MAX_UNBEGUN_BYTES || (await sizeOf(checkpointsPath(directory, last.first))) > 0) {
    throw damaged(`${last.path} (${String(bytes)} bytes) does not begin a segment`);
  }
  aside.push(await setAside(last.path, await readFile(last.path)));
  return lastSegment(directory, aside);
}
