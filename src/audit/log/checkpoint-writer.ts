import type { Clock } from '../../shared/clock.js';
import { type Checkpoint, signCheckpoint } from '../../transparency-log/checkpoint.js';
import type { NoteSigner } from '../../transparency-log/signed-note.js';
import { checkpointsPath } from '../read/segments.js';
import { AppendOnlyFile, sizeOf } from './append-only-file.js';

/**
 * The factor by which unsigned records may exceed the schedule while a checkpoint is being made.
 */
export const UNSIGNED_TIMES = 2;
/** The pause after a checkpoint that could not be made. */
const RETRY_MS = 1_000;

/** The number of records that may be unsigned, and the time for which they may be. */
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

/** The ports of the checkpoint writer. */
export interface CheckpointWriterPorts {
  /** The folder of the log. */
  readonly directory: string;
  readonly signer: NoteSigner;
  readonly schedule: CheckpointSchedule;
  readonly clock: Clock;
  /** Called when it is time for a checkpoint. */
  readonly onDue: () => void;
  /** Called with every signed note when it is on disk. */
  readonly onCheckpoint: (note: string) => void;
  /** Called when a checkpoint could not be made; another attempt follows a moment later. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Signs the log by a schedule, one checkpoint after the other, beside the writing of records. A
 * checkpoint is signed only when the records under it are on the disk: a log that is shorter than
 * its checkpoint would look tampered with after a power cut.
 */
export class CheckpointWriter {
  readonly #ports: CheckpointWriterPorts;
  /** Size of the log at the start. Unsigned records before that are not of this process. */
  readonly #foundSize: number;
  #size: number;
  /** Size of the last checkpoint that was begun. */
  #begunSize: number;
  #begunAt: number;
  #signedSize: number;
  /** Time at which the first unsigned record was added. */
  #unsignedSince: number | undefined;
  #last: Promise<boolean> = Promise.resolve(true);
  #notes: NotesFile | undefined;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param size of the log
   * @param signedSize size of the last checkpoint there is
   */
  constructor(ports: CheckpointWriterPorts, size: number, signedSize: number) {
    this.#ports = ports;
    this.#foundSize = size;
    this.#size = size;
    this.#signedSize = signedSize;
    this.#begunSize = signedSize;
    this.#begunAt = ports.clock.monotonic();
  }

  /** Size of the last checkpoint that is on the disk. */
  get signedSize(): number {
    return this.#signedSize;
  }

  /**
   * Takes note of new records, and asks for a checkpoint when one is due.
   *
   * @param size of the log with them
   */
  recordsAdded(size: number): void {
    const { schedule, clock, onDue } = this.#ports;
    this.#size = size;
    this.#unsignedSince ??= clock.monotonic();
    if (size - this.#begunSize >= schedule.everyRecords) onDue();
    else this.#dueIn(this.#begunAt + schedule.everyMs - clock.monotonic());
  }

  /**
   * Tells whether so many more records would be too many unsigned ones, should the process crash:
   * the next start does not take over a longer tail. @see UnsignedTail
   */
  isOverdue(more: number): boolean {
    const { schedule, clock } = this.#ports;
    const unsigned = this.#size + more - Math.max(this.#signedSize, this.#foundSize);
    if (unsigned > UNSIGNED_TIMES * schedule.everyRecords) return true;
    const since = this.#unsignedSince;
    return since !== undefined && clock.monotonic() - since > UNSIGNED_TIMES * schedule.everyMs;
  }

  /** Waits for the checkpoints that were begun. */
  async settled(): Promise<void> {
    await this.#last;
  }

  /**
   * Makes a checkpoint when the earlier ones are made. Never rejects.
   *
   * @returns whether it is on the disk
   */
  sign(segment: OpenSegment, checkpoint: Checkpoint): Promise<boolean> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#begunSize = checkpoint.size;
    this.#begunAt = this.#ports.clock.monotonic();
    const begunAt = this.#begunAt;
    this.#last = this.#last.then(async () => {
      const isSigned = await this.#make(segment, checkpoint);
      if (isSigned) this.#signed(checkpoint.size, begunAt);
      else this.#dueIn(RETRY_MS);
      return isSigned;
    });
    return this.#last;
  }

  /** Waits for the last checkpoint, and closes its file. */
  async close(): Promise<void> {
    await this.#last;
    clearTimeout(this.#timer);
    await this.#notes?.file.close();
  }

  /** @param begunAt records that are not in the checkpoint were added later */
  #signed(size: number, begunAt: number): void {
    this.#signedSize = size;
    this.#unsignedSince = size < this.#size ? begunAt : undefined;
  }

  #dueIn(ms: number): void {
    this.#timer ??= setTimeout(this.#ports.onDue, Math.max(0, ms)).unref();
  }

  async #make({ first, file }: OpenSegment, checkpoint: Checkpoint): Promise<boolean> {
    const { signer, onCheckpoint, onFailure } = this.#ports;
    try {
      await file.sync();
      const note = signCheckpoint(checkpoint, signer);
      const notes = await this.#notesBeside(first);
      await notes.append(Buffer.from(note));
      await notes.sync();
      onCheckpoint(note);
      return true;
    } catch (error) {
      onFailure(error);
      return false;
    }
  }

  /** Opens the file of checkpoints that belongs to a segment. */
  async #notesBeside(first: number): Promise<AppendOnlyFile> {
    if (this.#notes?.first === first) return this.#notes.file;
    await this.#notes?.file.close();
    this.#notes = undefined;
    const path = checkpointsPath(this.#ports.directory, first);
    const file = await AppendOnlyFile.open(path, await sizeOf(path), this.#ports.clock);
    this.#notes = { first, file };
    return file;
  }
}

interface NotesFile {
  readonly first: number;
  readonly file: AppendOnlyFile;
}
