import { createHash } from 'node:crypto';
import { readdir, readFile, rename, truncate } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { syncFolder } from '../../durable/atomic-write.js';
import { type Checkpoint, openCheckpoint, splitNotes } from '../../transparency-log/checkpoint.js';
import { NoteError, type VerifierKey } from '../../transparency-log/signed-note.js';
import type { RecordOf } from '../record/index.js';
import { sizeOf } from './append-only-file.js';
import { damaged } from './damaged.js';

const CHECKPOINTS_NAME = /^\d{12}\.checkpoints$/;
/** A checkpoint every 100 ms for a day makes less. */
const MAX_FILE_BYTES = 256 * 1024 * 1024;
const END_OF_NOTE = /\n\u2014 [^\n]*\n/gu;
const END_OF_FIRST_NOTE = /^(?:[^\n]+\n)+\n(?:\u2014 [^\n]*\n)+/u;
/** Of a note that was being written: our checkpoints are half as long. */
const MAX_TORN_BYTES = 1_024;

/** A file that was put aside because it is not what the server writes. */
export type SetAside = NonNullable<RecordOf<'recovery'>['setAside']>[number];

/** The contents of a file of checkpoints. */
interface NotesOfFile {
  readonly notes: readonly string[];
  /** The notes, and a piece of one where a crash has cut it. */
  readonly isSound: boolean;
  /** Bytes that the notes take, where the file is sound. */
  readonly wholeBytes: number;
}

/**
 * The newest checkpoint in the folder of a log that its own key has signed, whether or not the segment
 * beside it is there, and whatever else stands in the file. No file is changed.
 *
 * @returns undefined where there is none
 * @throws UnusableLogError for a file that is too large to be one
 */
export async function newestCheckpoint(
  directory: string,
  key: VerifierKey,
): Promise<Checkpoint | undefined> {
  const names = (await readdir(directory)).filter((name) => CHECKPOINTS_NAME.test(name));
  for (const name of names.sort().reverse()) {
    const { notes } = notesIn(await readWhole(join(directory, name)), key);
    const newest = newestOf(notes, key);
    if (newest !== undefined) return newest;
  }
  return undefined;
}

/**
 * Makes a file of checkpoints one that can be added to: a note that a crash has left in the middle
 * is cut off. A file that holds anything else is evidence: it is renamed and stays as it is.
 *
 * @returns what was put aside
 */
export async function prepareCheckpoints(
  path: string,
  key: VerifierKey,
): Promise<SetAside | undefined> {
  const bytes = await readWhole(path);
  const { notes, isSound, wholeBytes } = notesIn(bytes, key);
  if (isSound) {
    if (wholeBytes < bytes.length) await truncate(path, wholeBytes);
    return undefined;
  }
  const sizes = notes.flatMap((note) => opened(note, key)?.size ?? []);
  return { ...(await setAside(path, bytes)), sizes };
}

/** Renames a file, beside where it was and with its mode. */
export async function setAside(path: string, bytes: Buffer): Promise<SetAside> {
  const sha256 = createHash('sha256').update(bytes).digest();
  const aside = `${path}.set-aside-${sha256.toString('hex', 0, 4)}`;
  await rename(path, aside);
  await syncFolder(join(path, '..'));
  return { file: basename(aside), bytes: bytes.length, sha256: sha256.toString('base64') };
}

/** A file that is not there holds nothing. */
async function readWhole(path: string): Promise<Buffer> {
  const size = await sizeOf(path);
  if (size <= MAX_FILE_BYTES) return size === 0 ? Buffer.alloc(0) : readFile(path);
  throw damaged(`${path} has ${String(size)} bytes, and is no file of checkpoints`);
}

function notesIn(bytes: Buffer, key: VerifierKey): NotesOfFile {
  const text = bytes.toString();
  const end = [...text.matchAll(END_OF_NOTE)].at(-1);
  const whole = end === undefined ? '' : text.slice(0, end.index + end[0].length);
  const wholeBytes = Buffer.byteLength(whole);
  const notes = splitOrUndefined(whole);
  // What is no UTF-8 has another length as text, or other bytes.
  const isSound =
    notes !== undefined &&
    bytes.equals(Buffer.from(text)) &&
    isPieceOfNote(text.slice(whole.length), key);
  return { notes: isSound ? notes : notesAmid(text, key), isSound, wholeBytes };
}

function splitOrUndefined(text: string): readonly string[] | undefined {
  try {
    return splitNotes(text);
  } catch (error) {
    if (error instanceof NoteError) return undefined;
    throw error;
  }
}

/** The notes of a log, whatever else stands between them. */
function notesAmid(text: string, { name }: VerifierKey): readonly string[] {
  const firstLine = `${name}\n`;
  return text
    .split(firstLine)
    .slice(1)
    .flatMap((rest) => END_OF_FIRST_NOTE.exec(rest)?.[0] ?? [])
    .map((rest) => `${firstLine}${rest}`);
}

/** Tells whether a crash while our key was signing can have left it. */
function isPieceOfNote(text: string, { name }: VerifierKey): boolean {
  const firstLine = `${name}\n`;
  if (text.length > MAX_TORN_BYTES) return false;
  return firstLine.startsWith(text) || text.startsWith(firstLine);
}

/** A signature takes time to check, and a file can hold very many. */
function newestOf(notes: readonly string[], key: VerifierKey): Checkpoint | undefined {
  for (const note of [...notes].sort((a, b) => claimedSize(b) - claimedSize(a))) {
    const checkpoint = opened(note, key);
    if (checkpoint !== undefined) return checkpoint;
  }
  return undefined;
}

/** The second line of a note; 0 where that is no number. */
function claimedSize(note: string): number {
  return Number(note.split('\n', 2)[1]) || 0;
}

/** @returns undefined for a note that the key has not signed */
function opened(note: string, key: VerifierKey): Checkpoint | undefined {
  try {
    return openCheckpoint(note, key);
  } catch (error) {
    if (error instanceof NoteError) return undefined;
    throw error;
  }
}
