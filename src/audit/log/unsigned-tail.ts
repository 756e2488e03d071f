import { msOfLine } from '../read/segment-times.js';
import { type CheckpointSchedule, UNSIGNED_TIMES } from './checkpoint-writer.js';

/**
 * Starts that may follow one another, each killed before it has signed: one leaves a record or two.
 */
const STARTS = 8;
const RECORDS_A_START = 2;
/** Steps of the machine's clock that are allowed for; each counts as one interval. */
const STEPS = 1;
/**
 * Records are made before they are written; a disk that stands still for longer takes no more of
 * them.
 */
const WAITING_MS = 5_000;

const TYPE = /"type":"(?<type>recovery|segment)"/;
/** Bytes at the beginning of a line that hold at least its type. */
const HEAD_BYTES = 400;

/** The records at the end of a log that no checkpoint vouches for, as a start finds them. */
export class UnsignedTail {
  readonly #schedule: CheckpointSchedule;
  #records = 0;
  #closedSegments = 0;
  #starts = 0;
  #activeMs = 0;
  #from: number | undefined;
  #to: number | undefined;

  constructor(schedule: CheckpointSchedule) {
    this.#schedule = schedule;
  }

  /** Number of records in it. */
  get records(): number {
    return this.#records;
  }

  /** A record that no checkpoint covers. */
  add(line: Buffer): void {
    const head = line.toString('latin1', 0, HEAD_BYTES);
    const type = TYPE.exec(head)?.groups?.['type'];
    if (type === 'segment' && this.#records > 0) this.#closedSegments += 1;
    this.#records += 1;
    if (type === 'recovery') this.#starts += 1;
    const time = msOfLine(line);
    if (time === undefined) return;
    this.#addTime(time, type === 'recovery' && this.#starts <= STARTS);
  }

  /**
   * True when no crash can have left so much. A server that writes keeps to its schedule of
   * checkpoints, and waits where it cannot; see CheckpointWriter.isOverdue and AuditLog.
   */
  get isTooLong(): boolean {
    const { everyRecords, everyMs } = this.#schedule;
    return (
      this.#records > UNSIGNED_TIMES * everyRecords + STARTS * RECORDS_A_START ||
      this.#activeMs > (UNSIGNED_TIMES + STEPS) * everyMs + WAITING_MS ||
      // A segment is begun when the one before the last is signed.
      this.#closedSegments > 1
    );
  }

  /** First and last time in it, for people. */
  get times(): string {
    if (this.#from === undefined || this.#to === undefined) return 'without a time';
    return `made between ${iso(this.#from)} and ${iso(this.#to)}`;
  }

  /** A time without records, and a step of the clock, count for no more than an interval. */
  #addTime(time: number, isAfterDowntime: boolean): void {
    const { everyMs } = this.#schedule;
    if (this.#to !== undefined && !isAfterDowntime) {
      this.#activeMs += Math.min(everyMs, Math.max(0, time - this.#to));
    }
    this.#from ??= time;
    this.#to = time;
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
