import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { assertPrivateFiles } from '../../durable/private.js';
import type { Clock } from '../../shared/clock.js';
import type { Checkpoint } from '../../transparency-log/checkpoint.js';
import { formatVerifierKey, type VerifierKey } from '../../transparency-log/signed-note.js';
import type { LogFolder } from '../read/log-folder.js';
import { checkpointsPath, type Segment } from '../read/segments.js';
import { UnreadableError } from '../read/unreadable.js';
import type { RecordOf } from '../record/index.js';
import { AppendOnlyFile, sizeOf } from './append-only-file.js';
import type { LogPosition } from './log-ports.js';
import type { CheckpointSchedule } from './checkpoint-writer.js';
import { EMPTY_LOG } from './encode-lines.js';
import { type LogEnd, readEnd } from './log-reading.js';
import { prepareCheckpoints, type SetAside, setAside } from './prepare-checkpoints.js';
import { unsignedTailError } from './unsigned-tail-error.js';
import { damaged, UnusableLogError } from './unusable-log.js';

/** The largest that the configuration allows, and a batch that began just before it was full. */
const MAX_SEGMENT_BYTES = 1_100 * 1024 * 1024;
/** Maximum bytes of a segment whose first record is not whole: more than its first few records. */
const MAX_UNBEGUN_BYTES = 4 * 1024 * 1024;

/**
 * The settings and ports that a log is opened with. `everyRecords` and `everyMs` bound its unsigned
 * records.
 */
export interface OpenLogPorts extends CheckpointSchedule {
  /** The key of the checkpoints that are signed from now on. */
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
  /** Absent for a new log, and for one that was closed in order and is wholly signed. */
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
 * Finds the end of a log: reads it from where it was signed last, and cuts off what a crash has
 * left behind the last whole record. Before an answer went out its record had been written whole;
 * after a power cut, with `written`, more may be gone, and what is no record is kept beside.
 *
 * @param listed the folder as it is; its lock is held
 * @throws UnusableLogError for another log, or one that was changed: it must be kept and looked at
 */
export async function openLog(listed: LogFolder, ports: OpenLogPorts): Promise<OpenedLog> {
  const { directory } = listed;
  // A link would lead what is cut off and appended to wherever it likes; a pipe would be waited
  // for.
  await assertPrivateFiles(listed.files.map((name) => join(directory, name)));
  const { folder, last, aside } = await withoutUnbegun(listed);
  const newest = await readable(folder.newestCheckpoint(ports.key));
  if (last === undefined) {
    if (newest !== undefined) throw damaged('there are checkpoints, and no segment');
    const position = { state: EMPTY_LOG, segment: undefined, segmentBegunAt: ports.clock.now() };
    return {
      position: { ...position, signedSize: 0 },
      recovery: aside.length === 0 ? undefined : { tornBytes: 0, setAside: aside },
      newestRecordAt: undefined,
    };
  }
  const found = await findEnd(folder, last, newest, ports);
  const accepted = acceptedTail(found, directory, ports);
  const notes = checkpointsPath(directory, last.segment.first);
  const damagedNotes = await readable(prepareCheckpoints(notes, ports.key));
  if (damagedNotes !== undefined) aside.push(damagedNotes);
  // Before the file is cut.
  const recovery = await recoveryOf(found, { accepted, aside });
  const position = await positionAfter(found, ports);
  return { position, recovery, newestRecordAt: found.lastRecordAt };
}

/** @throws UnusableLogError for a file of checkpoints that holds something else */
async function readable<Result>(reading: Promise<Result>): Promise<Result> {
  try {
    return await reading;
  } catch (error) {
    throw error instanceof UnreadableError ? damaged(error.message) : error;
  }
}

async function findEnd(
  folder: LogFolder,
  { segment, start }: LastSegment,
  newest: Checkpoint | undefined,
  ports: OpenLogPorts,
): Promise<Found> {
  const { key } = ports;
  if (start.origin !== key.name) {
    throw new UnusableLogError(
      `${folder.directory} holds the log ${start.origin}, and not ${key.name}. Set audit.origin to its name, or give the new log a folder of its own.`,
    );
  }
  const end = await readEnd(folder, newest, ports);
  const signedSize = newest?.size ?? 0;
  const unsignedFirst = Math.max(signedSize, folder.segments[0]?.first ?? 0);
  return { ...end, segment, start, signedSize, unsignedFirst };
}

/**
 * Whoever has removed checkpoints could have written the records behind them anew, and a start that
 * signs those would vouch for them.
 *
 * @returns the operator's words where they are needed
 * @throws UnusableLogError where they are needed and missing
 */
function acceptedTail(found: Found, directory: string, ports: OpenLogPorts): string | undefined {
  if (!found.unsigned.isTooLong) return undefined;
  if (ports.acceptUnsignedTail !== undefined) return ports.acceptUnsignedTail;
  throw unsignedTailError(
    {
      tail: found.unsigned,
      first: found.unsignedFirst,
      last: found.state.tree.size - 1,
      signedSize: found.signedSize,
    },
    { directory, ...ports },
  );
}

async function positionAfter(
  { segment, start, state, wholeBytes, signedSize }: Found,
  { key, clock }: OpenLogPorts,
): Promise<LogPosition> {
  const file = await AppendOnlyFile.open(segment.path, wholeBytes, clock);
  const isOwn = start.publicKey === formatVerifierKey(key);
  // Checkpoints of another key are about other segments: a verifier needs one key a segment.
  if (!isOwn) await file.close();
  return {
    state,
    segment: isOwn ? { first: segment.first, file } : undefined,
    segmentBegunAt: Date.parse(start.time),
    signedSize,
  };
}

async function recoveryOf(
  found: Found,
  { accepted, aside }: { readonly accepted: string | undefined; readonly aside: SetAside[] },
): Promise<Recovery | undefined> {
  const { segment, wholeBytes, isStopped, state, signedSize, unsignedFirst } = found;
  const { size } = state.tree;
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
async function keepTorn({ segment, wholeBytes, state, start }: Found): Promise<string> {
  const size = String(state.tree.size);
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

/** The segment that a log ends with, and its first record. */
interface LastSegment {
  readonly segment: Segment;
  readonly start: RecordOf<'segment'>;
}

/**
 * Sets last segments aside whose first record was never written whole, and so never signed: they
 * had not begun.
 *
 * @returns the log without them; no last segment where it has none
 */
async function withoutUnbegun(listed: LogFolder) {
  const aside: SetAside[] = [];
  let folder = listed;
  for (let segment = folder.segments.at(-1); segment !== undefined; ) {
    const start = await startOf(folder, segment);
    if (start !== undefined) return { folder, last: { segment, start }, aside };
    aside.push(await setAside(segment.path, await readFile(segment.path)));
    folder = folder.without(segment);
    segment = folder.segments.at(-1);
  }
  return { folder, last: undefined, aside };
}

/**
 * @returns undefined where the segment has not begun
 * @throws UnusableLogError for a file that no crash can have left
 */
async function startOf(
  folder: LogFolder,
  segment: Segment,
): Promise<RecordOf<'segment'> | undefined> {
  const { path, first, compressed } = segment;
  if (compressed) throw damaged(`${path} is closed, and the segment that followed it is missing`);
  const bytes = await sizeOf(path);
  if (bytes > MAX_SEGMENT_BYTES) {
    throw damaged(`${path} has ${String(bytes)} bytes, and no segment is so large`);
  }
  const start = (await folder.readableHeader(segment))?.record;
  if (start?.sequence === first) return start;
  if (bytes > MAX_UNBEGUN_BYTES || (await sizeOf(checkpointsPath(folder.directory, first))) > 0) {
    throw damaged(`${path} (${String(bytes)} bytes) does not begin a segment`);
  }
  return undefined;
}
