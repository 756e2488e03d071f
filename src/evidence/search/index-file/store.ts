import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { errnoOf } from '../../../shared/errno.js';
import type { SegmentFile } from '../segment-file.js';
import { IndexDamagedError, MODIFIED_AT } from './layout.js';
import { SegmentIndex } from './segment-index.js';

const FOLDER = 'index';
const SUFFIX = '.index';
const TEMPORARY_SUFFIX = '.tmp';
/** What another process is writing is younger. */
const ABANDONED_AFTER_MS = 3_600_000;
const LOG_HASH_DIGITS = 12;
const OF_THE_SEGMENT = /^\d+/;

/**
 * The folder of a log's indexes.
 *
 * @param log folder of the log
 * @param directory where the indexes of all logs are kept, for logs that are not to be written to;
 *   each log has a folder of its own in it
 */
export function indexFolder(log: string, directory: string | undefined): string {
  if (directory === undefined) return join(log, FOLDER);
  const path = resolve(log);
  const hash = createHash('sha256').update(path).digest('hex').slice(0, LOG_HASH_DIGITS);
  return join(directory, `${basename(path)}-${hash}`);
}

/**
 * Opens the index of a segment if it is there, whole, and belongs to the segment as it is now.
 *
 * @throws the file system's error for the segment; for the index it is as if there were none
 */
export async function openIndex(
  folder: string,
  segment: SegmentFile,
): Promise<SegmentIndex | undefined> {
  const path = indexPath(folder, segment);
  const index = await opened(path);
  if (index === undefined) return undefined;
  try {
    if (await belongs(index, segment, path)) return index;
  } catch (error) {
    await index.close();
    throw error;
  }
  await index.close();
  return undefined;
}

/**
 * Puts an index in its place and opens it.
 *
 * @param contents of `buildIndex`
 * @throws the file system's error (EROFS, EACCES, ENOSPC …)
 */
export async function storeIndex(
  folder: string,
  segment: SegmentFile,
  contents: Buffer,
): Promise<SegmentIndex> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = indexPath(folder, segment);
  await replace(path, contents);
  return SegmentIndex.open(path);
}

/**
 * Whether indexes can be written, without having made one first. Makes the folder.
 *
 * @returns undefined if they can, or else the error's code
 */
export async function whyNotWritable(folder: string): Promise<string | undefined> {
  const probe = join(folder, `probe.${randomUUID()}${TEMPORARY_SUFFIX}`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(probe, '', { flag: 'wx', mode: 0o600 });
    await rm(probe);
    return undefined;
  } catch (error) {
    return errnoOf(error) ?? String(error);
  }
}

/** Removes what no search will read: indexes of segments that are gone, and unfinished ones. */
export async function removeLeftovers(
  folder: string,
  firstSequences: ReadonlySet<number>,
  nowMs: number,
): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (name.endsWith(TEMPORARY_SUFFIX)) {
      const { mtimeMs } = await stat(path);
      if (nowMs - mtimeMs > ABANDONED_AFTER_MS) await rm(path, { force: true });
    } else if (name.endsWith(SUFFIX) && !firstSequences.has(Number.parseInt(name, 10))) {
      await rm(path, { force: true });
    }
  }
}

function indexPath(folder: string, segment: SegmentFile): string {
  const [first = segment.name] = OF_THE_SEGMENT.exec(segment.name) ?? [];
  return join(folder, `${first}${SUFFIX}`);
}

async function opened(path: string): Promise<SegmentIndex | undefined> {
  try {
    return await SegmentIndex.open(path);
  } catch (error) {
    if (error instanceof IndexDamagedError || errnoOf(error) !== undefined) return undefined;
    throw error;
  }
}

async function belongs(
  { head, modifiedNs }: SegmentIndex,
  segment: SegmentFile,
  path: string,
): Promise<boolean> {
  const now = await segment.identity();
  if (head.segment.name !== now.name || head.segment.size !== now.size) return false;
  if (modifiedNs === now.modifiedNs) return true;
  if (head.segment.sha256 !== (await segment.sha256())) return false;
  await rememberTime(path, now.modifiedNs);
  return true;
}

/** Spares the next search the hash of the whole segment, where the index may be written. */
async function rememberTime(path: string, modifiedNs: bigint): Promise<void> {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(modifiedNs);
  try {
    const handle = await open(path, 'r+');
    try {
      await handle.write(bytes, 0, bytes.length, MODIFIED_AT);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
}

/**
 * Whoever opens the file finds the old index or the new one, whole. It is not made to outlive a power
 * cut: an index that did not is noticed by its checksums, and can be made again.
 */
async function replace(path: string, contents: Buffer): Promise<void> {
  const temporary = `${path}.${randomUUID()}${TEMPORARY_SUFFIX}`;
  try {
    await writeFile(temporary, contents, { flag: 'wx', mode: 0o600 });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
