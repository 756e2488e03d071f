import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ifThere } from '../../shared/errno.js';
import type { Checkpoint } from '../../transparency-log/checkpoint.js';
import type { VerifierKey } from '../../transparency-log/signed-note.js';
import type { LineChunk } from './line-chunks.js';
import { firstLine, lineChunks, recordChunks } from './lines.js';
import { eachNote, genuineCheckpoint, type NotesEnd, readNotes, sizeOfNote } from './notes.js';
import { readSegmentHeader, type SegmentHeader } from './segment-header.js';
import { segmentsAmong, type Segment } from './segments.js';
import { UnreadableError } from './unreadable.js';

const LOG_FILE = /^\d{12}\./;
const CHECKPOINTS_FILE = /^\d{12}\.checkpoints$/;

/** The error for a folder without a log. */
export class NoLogError extends Error {
  override readonly name = 'NoLogError';

  constructor(directory: string, why = 'it holds no segment') {
    super(`There is no audit log in ${directory}: ${why}.`);
  }
}

/** The folder of a log, as it was listed: segments and checkpoints, and the ways to read them. */
export class LogFolder {
  readonly directory: string;
  /** Names of all files of the log, whatever they hold. */
  readonly files: readonly string[];
  /** The segments in their order. */
  readonly segments: readonly Segment[];
  readonly #headers = new Map<string, Promise<SegmentHeader | undefined>>();

  private constructor(directory: string, names: readonly string[]) {
    this.directory = directory;
    this.files = names.filter((name) => LOG_FILE.test(name)).sort();
    this.segments = segmentsAmong(this.files, directory);
  }

  /**
   * Lists a folder, in which there may be a log.
   *
   * @throws the file system's error
   */
  static async list(directory: string): Promise<LogFolder> {
    return new LogFolder(directory, await readdir(directory));
  }

  /**
   * Lists the folder of a log that has to be there.
   *
   * @throws NoLogError where the folder or every segment is missing, or the file system's error
   */
  static async open(directory: string): Promise<LogFolder> {
    const folder = await ifThere(LogFolder.list(directory));
    if (folder === undefined) throw new NoLogError(directory, 'there is no such folder (ENOENT)');
    if (folder.segments.length === 0) throw new NoLogError(directory);
    return folder;
  }

  /** Names of the files of checkpoints, in their order. The segment of one may be gone. */
  get checkpointFiles(): readonly string[] {
    return this.files.filter((name) => CHECKPOINTS_FILE.test(name));
  }

  /** Tells whether another segment follows, so that nothing is added to this one any more. */
  isClosed(segment: Segment): boolean {
    return segment !== this.segments.at(-1);
  }

  /**
   * The segments from the one on that holds a record.
   *
   * @returns none where the log begins after it
   */
  segmentsFrom(sequence: number): readonly Segment[] {
    const start = this.segments.findLastIndex(({ first }) => first <= sequence);
    return start < 0 ? [] : this.segments.slice(start);
  }

  /**
   * Reads how a segment begins, once.
   *
   * @returns undefined for one without a whole first record, or whose first record says nothing
   * @throws UnreadableError for what is no segment, or the file system's error
   */
  header(segment: Segment): Promise<SegmentHeader | undefined> {
    const known = this.#headers.get(segment.path);
    if (known !== undefined) return known;
    const header = firstLine(segment).then((line) => line && readSegmentHeader(line));
    this.#headers.set(segment.path, header);
    return header;
  }

  /** Reads how a segment begins; undefined as well for one that cannot be read. */
  async readableHeader(segment: Segment): Promise<SegmentHeader | undefined> {
    try {
      return await this.header(segment);
    } catch (error) {
      if (error instanceof UnreadableError) return undefined;
      throw error;
    }
  }

  /** The same folder without the file of a segment. */
  without({ path }: Segment): LogFolder {
    return new LogFolder(
      this.directory,
      this.files.filter((name) => name !== basename(path)),
    );
  }

  /** Reads the lines of a segment, whatever they are. @see lineChunks */
  lines(segment: Segment): AsyncGenerator<LineChunk, void, undefined> {
    return lineChunks(segment);
  }

  /** Reads the records of a segment for a report or a search. @see recordChunks */
  records(segment: Segment): AsyncGenerator<Buffer, void, undefined> {
    return recordChunks(segment, this.isClosed(segment));
  }

  /** Reads a file of checkpoints in the folder. @see eachNote */
  notes(file: string, visit: (note: string) => void): Promise<NotesEnd> {
    return eachNote(join(this.directory, file), visit);
  }

  /**
   * Finds the newest checkpoint that a key has signed, whether or not the segment beside it is
   * there, and whatever else stands in the file.
   *
   * @returns undefined where there is none
   * @throws UnreadableError for a file that is too large to be one, or the file system's error
   */
  async newestCheckpoint(key: VerifierKey): Promise<Checkpoint | undefined> {
    for (const file of this.checkpointFiles.toReversed()) {
      const { notes } = await readNotes(join(this.directory, file), key.name);
      // A signature takes time to check, and a file can hold very many.
      const newestFirst = notes
        .filter((note) => !Number.isNaN(sizeOfNote(note)))
        .sort((a, b) => sizeOfNote(b) - sizeOfNote(a));
      for (const note of newestFirst) {
        const checkpoint = genuineCheckpoint(note, key);
        if (checkpoint !== undefined) return checkpoint;
      }
    }
    return undefined;
  }

  /**
   * Reads the verifier key that the log names: its latest, for looking up and not for trusting.
   *
   * @throws UnreadableError where its last segment has no beginning, or the file system's error
   */
  async publicKey(): Promise<string> {
    for (const segment of this.segments.toReversed()) {
      const header = await this.header(segment);
      if (header !== undefined) return header.record.publicKey;
      // One that was made a moment ago has no record yet.
      if ((await stat(segment.path)).size > 0) break;
    }
    throw new UnreadableError(
      this.segments.at(-1)?.path ?? this.directory,
      'does not begin a segment',
    );
  }
}
