import { stat } from 'node:fs/promises';
import type { Clock } from '../../shared/clock.js';
import { type Checkpoint, signCheckpoint } from '../../transparency-log/checkpoint.js';
import type { NoteSigner } from '../../transparency-log/signed-note.js';
import { isErrno } from '../../shared/errno.js';
import { checkpointsPath } from '../read/segments.js';
import { AppendOnlyFile } from './append-only-file.js';

/** How many records may be unsigned, and for how long. */
export interface CheckpointSchedule {
  readonly everyRecords: number;
  readonly everyMs: number;
}

/** A segment that is being written. */
export interface OpenSegment {
  /** Sequence of its first record. */
  readonly first: number;
  readonly file: AppendOnlyFile;
}

/** What checkpoints are written with. */
export interface CheckpointWriterOptions {
  /** The folder of the log. */
  readonly directory: string;
  readonly signer: NoteSigner;
  readonly schedule: CheckpointSchedule;
  readonly clock: Clock;
  /** Called with every signed note when it is on disk. */
  readonly onCheckpoint: (note: string) => void;
  /** Called when a checkpoint could not be made; it is tried again when the next one is due. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Signs the log now and then, one checkpoint after the other, beside the writing of records. A
 * checkpoint is signed only when the records under it are on the disk: a log that is shorter than
 * its checkpoint would look tampered with after a power cut.
 */
export class CheckpointWriter {
  readonly #options: CheckpointWriterOptions;
  #signedSize: number;
  #signedAt: number;
  #last: Promise<boolean> = Promise.resolve(true);
  #notes: NotesFile | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param signedSize size of the last checkpoint there is */
  constructor(options: CheckpointWriterOptions, signedSize: number) {
    this.#options = options;
    this.#signedSize = signedSize;
    this.#signedAt = options.clock.monotonic();
  }

  /**
   * Tells of new records.
   *
   * @param size of the log with them
   * @param sign called when it is time for a checkpoint, now or later
   */
  recordsAdded(size: number, sign: () => void): void {
    const { schedule, clock } = this.#options;
    if (size - this.#signedSize >= schedule.everyRecords) {
      sign();
    } else if (this.#timer === undefined) {
      const leftMs = Math.max(0, this.#signedAt + schedule.everyMs - clock.monotonic());
      this.#timer = setTimeout(sign, leftMs).unref();
    }
  }

  /**
   * Makes a checkpoint, after those that were begun. Never rejects.
   *
   * @returns whether it is on the disk
   */
  sign(segment: OpenSegment, checkpoint: Checkpoint): Promise<boolean> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#signedSize = checkpoint.size;
    this.#signedAt = this.#options.clock.monotonic();
    this.#last = this.#last.then(() => this.#make(segment, checkpoint));
    return this.#last;
  }

  /** After the last checkpoint. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#last;
    await this.#notes?.file.close();
  }

  async #make({ first, file }: OpenSegment, checkpoint: Checkpoint): Promise<boolean> {
    const { signer, onCheckpoint, onFailure } = this.#options;
    try {
      await file.sync();
      const note = signCheckpoint(checkpoint, signer);
      await (await this.#notesBeside(first)).append(Buffer.from(note));
      onCheckpoint(note);
      return true;
    } catch (error) {
      onFailure(error);
      return false;
    }
  }

  /** The file of checkpoints that belongs to a segment. */
  async #notesBeside(first: number): Promise<AppendOnlyFile> {
    if (this.#notes?.first === first) return this.#notes.file;
    await this.#notes?.file.close();
    this.#notes = undefined;
    const path = checkpointsPath(this.#options.directory, first);
    const file = await AppendOnlyFile.open(path, await sizeOf(path), 'synced');
    this.#notes = { first, file };
    return file;
  }
}

interface NotesFile {
  readonly first: number;
  readonly file: AppendOnlyFile;
}

/** In bytes; 0 for a file that is not there yet. */
async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return 0;
    throw error;
  }
}
