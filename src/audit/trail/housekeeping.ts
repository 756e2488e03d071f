import type { Logger } from '../../observability/logger.js';
import type { Clock } from '../../shared/clock.js';
import { DAY_MS } from '../../shared/durations.js';
import { compressSegments, findOldSegments, removeSegments } from '../log/closed-segments.js';
import type { FieldsOf } from '../record/index.js';
import { RetentionClock } from './retention-clock.js';

const EVERY_MS = 600_000;
/** The wall clock is this much ahead of the time that was counted before it is told. */
const TELL_MS = 3_600_000;

/** Rules for segments that are closed. */
export interface HousekeepingPorts {
  /** The folder of the log. */
  readonly directory: string;
  readonly compressAfterMs: number;
  /** Sequence of the first record of the segment that is being written. */
  readonly openSegment: () => number | undefined;
  /** Time of the newest record that was there at the start, in ms since 1970. */
  readonly newestRecordAt: number | undefined;
  /** Undefined: nothing is removed. */
  readonly retentionDays: number | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /**
   * Records what is going to be removed, and signs that.
   *
   * @throws where it could not be recorded or signed; then nothing is removed
   */
  readonly recordRetention: (fields: FieldsOf<'retention'>) => Promise<void>;
}

/** Compresses and removes closed segments, at the start and every ten minutes. */
export class Housekeeping {
  readonly #ports: HousekeepingPorts;
  readonly #timer: NodeJS.Timeout;
  readonly #stopping = new AbortController();
  #retentionClock: RetentionClock | undefined;
  #work: Promise<void>;

  constructor(ports: HousekeepingPorts) {
    this.#ports = ports;
    this.#work = this.#tidy();
    this.#timer = setInterval(() => {
      this.#work = this.#work.then(() => this.#tidy());
    }, EVERY_MS).unref();
  }

  /** Finishes the segment that was begun. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopping.abort();
    await this.#work;
    await this.#retentionClock?.save().catch((error: unknown) => {
      this.#ports.logger.warn({ err: error }, 'the time that retention goes by was not kept');
    });
  }

  async #tidy(): Promise<void> {
    const { directory, compressAfterMs, clock, logger, openSegment } = this.#ports;
    try {
      await this.#removeOld();
      await compressSegments(directory, clock.now() - compressAfterMs, {
        writtenSegment: openSegment(),
        stopping: this.#stopping.signal,
      });
    } catch (error) {
      // Nothing is lost by it; it is tried again in ten minutes.
      logger.error({ err: error }, 'old segments of the audit log could not be tidied up');
    }
  }

  /**
   * The record comes first, and is signed: a segment that is gone without one was not removed by
   * us.
   */
  async #removeOld(): Promise<void> {
    const { directory, retentionDays, logger, recordRetention } = this.#ports;
    if (retentionDays === undefined) return;
    const counted = await this.#countTime();
    const old = await findOldSegments(directory, counted - retentionDays * DAY_MS);
    if (old === undefined) return;
    const { firstSequence, lastSequence } = old;
    await recordRetention({ firstSequence, lastSequence });
    await removeSegments(directory, old);
    logger.info({ firstSequence, lastSequence }, 'old segments of the audit log were removed');
  }

  /**
   * A wall clock alone removes nothing.
   *
   * @returns the time that retention goes by, in ms since 1970
   */
  async #countTime(): Promise<number> {
    const { directory, clock, newestRecordAt, logger } = this.#ports;
    this.#retentionClock ??= await RetentionClock.open(directory, clock, newestRecordAt);
    await this.#retentionClock.save();
    const { behindMs } = this.#retentionClock;
    if (behindMs > TELL_MS) {
      logger.warn(
        { behindMs },
        'retention waits: the clock was set forward, or no server ran for this time',
      );
    }
    return this.#retentionClock.now();
  }
}
