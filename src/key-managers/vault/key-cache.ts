import type { Clock } from '../../shared/clock.js';
import { Deadline } from '../../shared/deadline.js';
import { KeyManagerError } from '../backend.js';
import { withinDeadline } from '../within-deadline.js';

const READ_BUDGET_MS = 1_000;

/** Reads a key from the server. @throws KeyManagerError `key-not-found` and others */
export type ReadKey<Key> = (externalKeyId: string, deadline: Deadline) => Promise<Key>;

interface Entry<Key> {
  readonly key: Key;
  readonly readAt: number;
}

/**
 * What is known of keys, for a short time. Younger than half of it, it is handed out; older, it is
 * handed out and read again in the background; only beyond it does a request wait. Keys that are
 * not there are not remembered, so that a new one works at once.
 */
export class KeyCache<Key> {
  readonly #read: ReadKey<Key>;
  readonly #clock: Clock;
  readonly #maxAgeMs: number;
  readonly #entries = new Map<string, Entry<Key>>();
  readonly #reading = new Map<string, Promise<Key>>();

  constructor(read: ReadKey<Key>, clock: Clock, maxAgeMs: number) {
    this.#read = read;
    this.#clock = clock;
    this.#maxAgeMs = maxAgeMs;
  }

  /** @throws KeyManagerError what reading threw, or `deadline` */
  async get(externalKeyId: string, deadline: Deadline): Promise<Key> {
    const entry = this.#entries.get(externalKeyId);
    const ageMs = entry === undefined ? Infinity : this.#clock.monotonic() - entry.readAt;
    if (entry === undefined || ageMs > this.#maxAgeMs) {
      return withinDeadline(this.#readOnce(externalKeyId), deadline, 'the server');
    }
    if (ageMs > this.#maxAgeMs / 2) {
      this.#readOnce(externalKeyId).catch(() => {
        // Told to the request that has to wait for it, if it goes on.
      });
    }
    return entry.key;
  }

  /** The server contradicts what is known: ask it again before the next use. */
  forget(externalKeyId: string): void {
    this.#entries.delete(externalKeyId);
  }

  #readOnce(externalKeyId: string): Promise<Key> {
    const running = this.#reading.get(externalKeyId);
    if (running !== undefined) return running;
    const reading = this.#readAndKeep(externalKeyId).finally(() => {
      this.#reading.delete(externalKeyId);
    });
    this.#reading.set(externalKeyId, reading);
    return reading;
  }

  async #readAndKeep(externalKeyId: string): Promise<Key> {
    // Before the question: the answer may be older than its arrival.
    const readAt = this.#clock.monotonic();
    try {
      const key = await this.#read(externalKeyId, Deadline.after(this.#clock, READ_BUDGET_MS));
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
