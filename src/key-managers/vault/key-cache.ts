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
 * Remembers descriptions of keys for a maximum age. From half of that age on, a description is read
 * again in the background; beyond it, a request waits for the new one. Missing keys are not
 * remembered, so that a new key works at once. Before a request is refused, the key is read anew.
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

  /** Returns a key, if possible from memory. @throws KeyManagerError of reading, or `deadline` */
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

  /** Reads a key anew, not from memory. @throws as {@link get} */
  getAnew(externalKeyId: string, deadline: Deadline): Promise<Key> {
    return withinDeadline(this.#readings.anew(externalKeyId), deadline, 'the server');
  }

  /** Forgets a key, so that the server is asked before the next use. */
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
