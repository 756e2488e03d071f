import { isUtf8 } from 'node:buffer';
import { readFile, stat } from 'node:fs/promises';
import { ifThere } from '../../shared/errno.js';
import { type Checkpoint, openCheckpoint } from '../../transparency-log/checkpoint.js';
import { NoteError, type VerifierKey } from '../../transparency-log/signed-note.js';
import { forEachLine, wholeLines } from './line-chunks.js';
import { fileBytes } from './lines.js';
import { openRegularFile } from './open-file.js';
import { UnreadableError } from './unreadable.js';

const SIGNATURE = '\u2014 ';
/** A checkpoint has 200 bytes, and some more for each witness. */
const MAX_NOTE_LENGTH = 64 * 1024;
/** A checkpoint every 100 ms for a day makes less. */
const MAX_FILE_BYTES = 256 * 1024 * 1024;
/** Maximum characters of a note that was being written. The server's are half as long. */
const MAX_TORN_BYTES = 1_024;
const END_OF_FIRST_NOTE = /^(?:[^\n]+\n)+\n(?:\u2014 [^\n]*\n)+/u;
const SIZE = /^[^\n]+\n(?<size>\d{1,15})\n/;

/** Reads the size that a checkpoint claims, which is not verified here; NaN where there is none. */
export function sizeOfNote(note: string): number {
  return Number(SIZE.exec(note)?.groups?.['size']);
}

/** The end of a file of checkpoints. */
export interface NotesEnd {
  /** The text behind the last whole note; empty where there is none. */
  readonly rest: string;
  /** Number of bytes that were read before that. */
  readonly wholeBytes: number;
  /** True when all whole lines are UTF-8. */
  readonly isText: boolean;
}

/**
 * Reads a file of checkpoints; one that is not there holds none. A note at the end that was cut is
 * left out: the process ended while it was being written.
 *
 * @param visit is called with each signed note, nothing of which is believed yet
 * @throws NoteError or UnreadableError for a file that is none, after the notes before the damage;
 *   the file system's error
 */
export async function eachNote(path: string, visit: (note: string) => void): Promise<NotesEnd> {
  const handle = await ifThere(openRegularFile(path));
  if (handle === undefined) return { rest: '', wholeBytes: 0, isText: true };
  try {
    const reader = new NoteReader(visit);
    for await (const { bytes, torn } of wholeLines(path, fileBytes(handle))) {
      reader.add(bytes, torn);
    }
    return reader.end();
  } finally {
    await handle.close();
  }
}

/** The notes of a file that the server may be about to continue. */
export interface NotesOfFile {
  readonly notes: readonly string[];
  /**
   * Number of bytes behind which a crash may have cut a note; undefined where something else stands
   * in the file.
   */
  readonly wholeBytes: number | undefined;
}

/**
 * Reads the notes of a log out of a file, whatever else stands in it.
 *
 * @param origin name of the log
 * @throws UnreadableError for a file that is too large, or the file system's error
 */
export async function readNotes(path: string, origin: string): Promise<NotesOfFile> {
  const notes: string[] = [];
  try {
    const { rest, wholeBytes, isText } = await eachNote(path, (note) => notes.push(note));
    if (isText && isBegunNote(rest, origin)) return { notes, wholeBytes };
  } catch (error) {
    if (!(error instanceof NoteError || error instanceof UnreadableError)) throw error;
  }
  const { size } = await stat(path);
  if (size > MAX_FILE_BYTES) {
    throw new UnreadableError(path, `has ${String(size)} bytes, and is no file of checkpoints`);
  }
  return { notes: notesAmid(await readFile(path, 'utf8'), origin), wholeBytes: undefined };
}

/** Tells whether a text may be the beginning of a checkpoint that was being written. */
export function isBegunNote(text: string, origin: string): boolean {
  const start = `${origin}\n`;
  return text.length <= MAX_TORN_BYTES && (start.startsWith(text) || text.startsWith(start));
}

/**
 * Opens a checkpoint.
 *
 * @returns undefined for a note that the key has not signed
 */
export function genuineCheckpoint(note: string, key: VerifierKey): Checkpoint | undefined {
  try {
    return openCheckpoint(note, key);
  } catch (error) {
    if (error instanceof NoteError) return undefined;
    throw error;
  }
}

/** Puts signed notes together that stand one after the other, out of their lines. */
export class NoteSplitter {
  #text = '';
  #signatures = '';

  /** The text behind the last whole note; empty where there is none. */
  get rest(): string {
    return this.#text;
  }

  /**
   * Takes a line, without its line feed.
   *
   * @returns the note that has ended before this line
   * @throws NoteError for what is no signed note
   */
  push(line: string): string | undefined {
    const isSignature = line.startsWith(SIGNATURE);
    if (isSignature && this.#text === '') throw new NoteError('a signature of nothing');
    const note = isSignature ? undefined : this.end();
    if (isSignature) this.#signatures += `${line}\n`;
    else this.#text += `${line}\n`;
    if (this.#text.length + this.#signatures.length > MAX_NOTE_LENGTH) {
      throw new NoteError('a text that is too long for a signed note');
    }
    return note;
  }

  /** @returns the note that ends with the last line; undefined where that is no signature */
  end(): string | undefined {
    if (this.#signatures === '') return undefined;
    const note = this.#text + this.#signatures;
    this.#text = '';
    this.#signatures = '';
    return note;
  }
}

class NoteReader {
  readonly #visit: (note: string) => void;
  readonly #splitter = new NoteSplitter();
  #bytes = 0;
  #isText = true;
  #torn = '';

  constructor(visit: (note: string) => void) {
    this.#visit = visit;
  }

  add(bytes: Buffer, torn: Buffer | undefined): void {
    this.#bytes += bytes.length;
    this.#isText &&= isUtf8(bytes);
    forEachLine(bytes, (start, end) => {
      this.#take(this.#splitter.push(bytes.toString('utf8', start, end)));
    });
    this.#torn = torn?.toString() ?? '';
  }

  end(): NotesEnd {
    this.#take(this.#splitter.end());
    const { rest } = this.#splitter;
    const wholeBytes = this.#bytes - Buffer.byteLength(rest);
    return { rest: rest + this.#torn, wholeBytes, isText: this.#isText };
  }

  #take(note: string | undefined): void {
    if (note !== undefined) this.#visit(note);
  }
}

function notesAmid(text: string, origin: string): readonly string[] {
  const start = `${origin}\n`;
  return text
    .split(start)
    .slice(1)
    .flatMap((rest) => END_OF_FIRST_NOTE.exec(rest)?.[0] ?? [])
    .map((rest) => `${start}${rest}`);
}
