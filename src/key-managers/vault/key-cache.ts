import type { Clock } from '../../shared/clock.js';
import type { Deadline } from '../../shared/deadline.js';
import { KeyManagerError } from '../backend.js';
import { KeyReadings, type ReadKey } from '../key-readings.js';
import { withinDeadline } from '../within-deadline.js';

const READ_BUDGET_MS = 1_000;

interface Entry<Key> {
  readonly key: Key;
  readonly readAt: number;
}

/**
 * What is known of keys, for a short time. Younger than half of it, it is handed out; older, it is
 * handed out and read again in the background; only beyond it does a request wait. Keys that are
 * not there are not remembered, so that a new one works at once; and whoever is about to refuse a
 * request for what is remembered reads the key anew first.
 */
export class KeyCache<Key> {
  readonly #readings: KeyReadings<Key>;
  readonly #read: ReadKey<Key>;
  readonly #clock: Clock;
  readonly #maxAgeMs: number;
  readonly #entries = new Map<string, Entry<Key>>();

  constructor(read: ReadKey<Key>, clock: Clock, maxAgeMs: number) {
    this.#read = read;
    this.#clock = clock;
    this.#maxAgeMs = maxAgeMs;
    this.#readings = new KeyReadings({
      read: (externalKeyId, deadline) => this.#readAndKeep(externalKeyId, deadline),
      clock,
      budgetMs: READ_BUDGET_MS,
    });
  }

  /** @throws KeyManagerError what reading threw, or `deadline` */
  async get(externalKeyId: string, deadline: Deadline): Promise<Key> {
    const entry = this.#entries.get(externalKeyId);
    const ageMs = entry === undefined ? Infinity : this.#clock.monotonic() - entry.readAt;
    if (entry === undefined || ageMs > this.#maxAgeMs) {
      return withinDeadline(this.#readings.joined(externalKeyId), deadline, 'the server');
    }
    if (ageMs > this.#maxAgeMs / 2) {
      this.#readings.joined(externalKeyId).catch(() => {
        // Told to the request that has to wait for it, if it goes on.
      });
    }
    return entry.key;
  }

  /** Whatever is remembered: from a reading that begins now or later. @throws as {@link get} */
  getAnew(externalKeyId: string, deadline: Deadline): Promise<Key> {
    return withinDeadline(this.#readings.anew(externalKeyId), deadline, 'the server');
  }

  /** The server contradicts what is known: ask it again before the next use. */
  forget(externalKeyId: string): void {
    this.#entries.delete(externalKeyId);
  }

  async #readAndKeep(externalKeyId: string, deadline: Deadline): Promise<Key> {
    // Before the question: the answer may be older than its arrival.
    const readAt = this.#clock.monotonic();
    try {
      const key = await this.#read(externalKeyId, deadline);
      this.#entries.set(externalKeyId, { key, readAt });
      return key;
    } catch (error) {
      if (error instanceof KeyManagerError && error.code === 'key-not-found') {
        this.#entries.delete(externalKeyId);
      }
      throw error;
    }
  }
}
