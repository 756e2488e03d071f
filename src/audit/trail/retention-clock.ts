import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomically } from '../../durable/atomic-write.js';
import type { Clock } from '../../shared/clock.js';
import { ifThere } from '../../shared/errno.js';
import { parsedJson } from '../../shared/parsed-json.js';

const FILE = 'retention-clock.json';

const documentSchema = z.strictObject({ format: z.literal(1), countedUntil: z.iso.datetime() });

/**
 * The time that retention goes by: it moves only while a server runs, as the machine's monotonic
 * clock measures it, and is never later than the wall clock. A wall clock that was set forward,
 * while a server ran or before it was started, lets no segment grow old. Time in which no server
 * ran does not count, so segments stay for that much longer.
 */
export class RetentionClock {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #countedAtStart: number;
  readonly #startedAt: number;

  private constructor(path: string, clock: Clock, countedAtStart: number) {
    this.#path = path;
    this.#clock = clock;
    this.#countedAtStart = countedAtStart;
    this.#startedAt = clock.monotonic();
  }

  /**
   * Goes on where the last server has ended, and nowhere later than the newest record says.
   *
   * @param directory of the log
   * @param newestRecordAt in ms since 1970, as it stood before this start; undefined in a new log
   * @throws the file system's error
   */
  static async open(
    directory: string,
    clock: Clock,
    newestRecordAt: number | undefined,
  ): Promise<RetentionClock> {
    const path = join(directory, FILE);
    const counted = await readCounted(path);
    const latest = Math.min(newestRecordAt ?? clock.now(), clock.now());
    return new RetentionClock(path, clock, Math.min(counted ?? latest, latest));
  }

  /** In ms since 1970. */
  now(): number {
    const counted = this.#countedAtStart + this.#clock.monotonic() - this.#startedAt;
    return Math.min(counted, this.#clock.now());
  }

  /** The lead of the wall clock over it, in ms. */
  get behindMs(): number {
    return this.#clock.now() - this.now();
  }

  /**
   * Keeps what was counted for the next start.
   *
   * @throws the file system's error
   */
  async save(): Promise<void> {
    const countedUntil = new Date(this.now()).toISOString();
    await writeFileAtomically(this.#path, `${JSON.stringify({ format: 1, countedUntil })}\n`);
  }
}

/** @returns undefined where there is none that can be read: then the newest record counts alone */
async function readCounted(path: string): Promise<number | undefined> {
  const text = await ifThere(readFile(path, 'utf8'));
  const document = documentSchema.safeParse(parsedJson(text ?? '')).data;
  return document && Date.parse(document.countedUntil);
}
