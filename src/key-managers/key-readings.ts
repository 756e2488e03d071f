import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../shared/clock.js';
import { Deadline } from '../shared/deadline.js';
import { KeyManagerError } from './backend.js';

/** Between the beginnings of two readings of one key: 40 a second, whoever asks how often. */
const MIN_INTERVAL_MS = 25;
/**
 * A slow key manager rests as long as it has worked, and still within the deadline of a request.
 */
const MAX_REST_MS = 50;
/** Keys whose last reading is remembered, for the intervals. */
const MAX_LANES = 1_000;

/** Reads a key from the key manager. @throws KeyManagerError `key-not-found` and others */
export type ReadKey<Key> = (externalKeyId: string, deadline: Deadline) => Promise<Key>;

/** The readings of one key that are under way, and when the next one may begin. */
interface Lane<Key> {
  running?: Promise<Key> | undefined;
  /** Begins when it may; whoever asks until then shares it. */
  next?: Promise<Key> | undefined;
  notBefore: number;
}

/** The terms on which keys are read. */
export interface ReadingTerms<Key> {
  readonly read: ReadKey<Key>;
  readonly clock: Clock;
  /** Longest time for one reading, whoever waits for it. */
  readonly budgetMs: number;
}

/**
 * Readings of keys from a key manager, one at a time for each key and not faster than it bears.
 *
 * What decides against a request is a reading that began after the request came. So a ciphertext
 * that is good is never refused for what was read before it was made, and those who send bad ones
 * share the readings that this takes: a request waits for one interval and one reading at the most.
 */
export class KeyReadings<Key> {
  readonly #terms: ReadingTerms<Key>;
  readonly #lanes = new Map<string, Lane<Key>>();

  constructor(terms: ReadingTerms<Key>) {
    this.#terms = terms;
  }

  /**
   * Joins the reading under way, or begins one. Only one that begins now or later says that there
   * is no such key.
   *
   * @throws KeyManagerError what reading threw
   */
  async joined(externalKeyId: string): Promise<Key> {
    const running = this.#lanes.get(externalKeyId)?.running;
    if (running === undefined) return this.anew(externalKeyId);
    try {
      return await running;
    } catch (error) {
      if (!isAbsence(error)) throw error;
      return this.anew(externalKeyId);
    }
  }

  /** A reading that begins now or later. @throws KeyManagerError what reading threw */
  anew(externalKeyId: string): Promise<Key> {
    const lane = this.#laneOf(externalKeyId);
    if (lane.next !== undefined) return lane.next;
    if (lane.running === undefined && this.#restMs(lane) <= 0) {
      return this.#begin(externalKeyId, lane);
    }
    lane.next = this.#beginLater(externalKeyId, lane);
    return lane.next;
  }

  async #beginLater(externalKeyId: string, lane: Lane<Key>): Promise<Key> {
    await lane.running?.catch(() => undefined); // Told to those who asked for it.
    const restMs = this.#restMs(lane);
    if (restMs > 0) await sleep(restMs);
    lane.next = undefined;
    return this.#begin(externalKeyId, lane);
  }

  async #begin(externalKeyId: string, lane: Lane<Key>): Promise<Key> {
    const { read, clock, budgetMs } = this.#terms;
    const startedAt = clock.monotonic();
    lane.running = read(externalKeyId, Deadline.after(clock, budgetMs));
    try {
      return await lane.running;
    } finally {
      const endedAt = clock.monotonic();
      const restMs = Math.min(endedAt - startedAt, MAX_REST_MS);
      lane.running = undefined;
      lane.notBefore = Math.max(startedAt + MIN_INTERVAL_MS, endedAt + restMs);
    }
  }

  #restMs({ notBefore }: Lane<Key>): number {
    return notBefore - this.#terms.clock.monotonic();
  }

  #laneOf(externalKeyId: string): Lane<Key> {
    const known = this.#lanes.get(externalKeyId);
    if (known !== undefined) return known;
    if (this.#lanes.size >= MAX_LANES) this.#forgetIdle();
    const lane: Lane<Key> = { notBefore: -Infinity };
    this.#lanes.set(externalKeyId, lane);
    return lane;
  }

  #forgetIdle(): void {
    for (const [externalKeyId, lane] of this.#lanes) {
      const isIdle = lane.running === undefined && lane.next === undefined;
      if (isIdle && this.#restMs(lane) <= 0) this.#lanes.delete(externalKeyId);
    }
  }
}

/** Tells whether an error says that there is no such key. */
function isAbsence(error: unknown): boolean {
  return error instanceof KeyManagerError && error.code === 'key-not-found';
}
