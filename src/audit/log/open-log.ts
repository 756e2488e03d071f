import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { readdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { assertPrivateFiles } from '../../durable/private.js';
import type { Clock } from '../../shared/clock.js';
import type { Checkpoint } from '../../transparency-log/checkpoint.js';
import { formatVerifierKey, type VerifierKey } from '../../transparency-log/signed-note.js';
import { readNotes } from '../read/checkpoint-file.js';
import { startOf } from '../read/public-key.js';
import { checkpointsPath, listSegments, type Segment } from '../read/segments.js';
import type { RecordOf } from '../record/index.js';
import { AppendOnlyFile, type Durability } from './append-only-file.js';
import type { LogPosition } from './audit-log.js';
import { EMPTY_LOG } from './encode-lines.js';
import { damaged, type LogEnd, readEnd } from './log-reading.js';
import { newestCheckpoint } from './newest-checkpoint.js';
import { UnusableLogError } from './unusable-log.js';

/** So many times the records between checkpoints may be there before the first checkpoint is. */
const UNSIGNED_TIMES = 10;
const LOG_FILE = /^\d{12}\./;

/** What a log is opened with. */
export interface OpenLogOptions {
  /** The folder of the log; its lock is held. */
  readonly directory: string;
  readonly durability: Durability;
  /** Of the checkpoints that are signed from now on. */
  readonly key: VerifierKey;
  /** After so many records the log is signed. */
  readonly everyRecords: number;
  readonly clock: Clock;
}

/** What was found at the end of a log that was not closed in order, or that somebody has added to since. */
export type Recovery = Pick<
  RecordOf<'recovery'>,
  'tornBytes' | 'tornSha256' | 'unsignedFirst' | 'unsignedLast'
>;

/** A log that can be continued. */
export interface OpenedLog {
  readonly position: LogPosition;
  /** Absent where the log had been closed in order and is all signed, or is new. */
  readonly recovery: Recovery | undefined;
}

/** The last segment, and where the log was signed last. */
interface Found extends LogEnd {
  readonly segment: Segment;
  readonly start: RecordOf<'segment'>;
  readonly signedSize: number;
}

/**
 * Finds the end of a log: reads it from where it was signed last, and cuts off what a crash has left
 * behind the last whole record. Before an answer went out its record had been written whole; after a
 * power cut, with `written`, more may be gone, and what is no record is kept beside.
 *
 * @throws UnusableLogError for another log, or one that was changed: it must be kept and looked at
 */
export async function openLog(options: OpenLogOptions): Promise<OpenedLog> {
  const { directory, key, clock } = options;
  // A link would lead what is cut off and appended to wherever it likes.
  const names = (await readdir(directory)).filter((name) => LOG_FILE.test(name));
  await assertPrivateFiles(names.map((name) => join(directory, name)));
  const last = await lastSegment(directory);
  const newest = await newestCheckpoint(directory, key);
  if (last === undefined) {
    if (newest !== undefined) throw damaged('there are checkpoints, and no segment');
    const position = { state: EMPTY_LOG, segment: undefined, segmentBegunAt: clock.now() };
    return { position: { ...position, signedSize: 0 }, recovery: undefined };
  }
  const found = await findEnd(last, newest, options);
  // Before the file is cut.
  const recovery = await recoveryOf(found);
  return { position: await positionAfter(found, options), recovery };
}

async function findEnd(
  segment: Segment,
  newest: Checkpoint | undefined,
  { directory, key, everyRecords }: OpenLogOptions,
): Promise<Found> {
  const start = (await startOf(segment))?.record;
  if (start === undefined) throw damaged(`${segment.path} does not begin a segment`);
  if (start.origin !== key.name) {
    throw new UnusableLogError(
      `${directory} holds the log ${start.origin}, and not ${key.name}. Set audit.origin to its name, or give the new log a folder of its own.`,
    );
  }
  const segments = await listSegments(directory);
  const isOwn = start.publicKey === formatVerifierKey(key);
  const from =
    newest === undefined
      ? segments.length - 1
      : segments.findLastIndex(({ first }) => first <= newest.size);
  if (from < 0) throw damaged('what was signed last is not there');
  const end = await readEnd(segments.slice(from), newest);
  if (newest === undefined && isOwn && end.replay.tree.size > UNSIGNED_TIMES * everyRecords) {
    throw damaged('it has no checkpoint of its key, and is long enough to have one');
  }
  return { ...end, segment, start, signedSize: newest?.size ?? 0 };
}

async function positionAfter(
  { segment, start, replay, wholeBytes, signedSize }: Found,
  { durability, key }: OpenLogOptions,
): Promise<LogPosition> {
  const file = await AppendOnlyFile.open(segment.path, wholeBytes, durability);
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

async function recoveryOf(found: Found): Promise<Recovery | undefined> {
  const { segment, wholeBytes, isStopped, replay, signedSize } = found;
  const { size } = replay.tree;
  const tornBytes = (await stat(segment.path)).size - wholeBytes;
  if (tornBytes === 0 && isStopped && signedSize === size) return undefined;
  const unsigned = signedSize < size ? { unsignedFirst: signedSize, unsignedLast: size - 1 } : {};
  if (tornBytes === 0) return { tornBytes, ...unsigned };
  const kept = `${segment.path}.cut-at-${String(size)}-${String(Date.parse(found.start.time))}`;
  await pipeline(
    createReadStream(segment.path, { start: wholeBytes }),
    createWriteStream(kept, { flags: 'wx', mode: 0o600, flush: true }),
  );
  return { tornBytes, tornSha256: await sha256OfFile(kept), ...unsigned };
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
