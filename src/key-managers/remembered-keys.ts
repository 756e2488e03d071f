import type { Clock } from '../shared/clock.js';
import type { Deadline } from '../shared/deadline.js';
import {
  type KeyDescription,
  KeyManagerError,
  type KeyManagerErrorCode,
  type KeyRef,
  type KeyUsage,
} from './backend.js';
import { KeyReadings } from './key-readings.js';
import { withinDeadline } from './within-deadline.js';

/** Time for which a key manager that failed is not asked again about a remembered key. */
const FAILURE_PAUSE_MS = 1_000;

/** A key as a backend remembers it. */
export interface RememberedKey {
  readonly description: KeyDescription;
}

interface Entry<Key> {
  readonly key: Key;
  readonly readAt: number;
  /** Earliest time of the next reading; later than `readAt` after a failure. */
  readonly askAgainAt: number;
}

/** The source of the keys, and the rules by which they are remembered. */
export interface MemoryPorts<Key> {
  /** Reads a key. `readAt` is the time at which the reading begins, on the monotonic clock. */
  readonly read: (externalKeyId: string, deadline: Deadline, readAt: number) => Promise<Key>;
  readonly clock: Clock;
  /** Longest time for one reading. */
  readonly budgetMs: number;
  /** Age from which a request waits for a new reading; from half of it on, one is begun. */
  readonly maxAgeMs: number;
  /** Name of the key manager in errors. */
  readonly source: string;
  /** Failures that are about the key and not about the key manager: the key is forgotten. */
  readonly aboutTheKey: ReadonlySet<KeyManagerErrorCode>;
  /** True when a key stays in use at any age while the key manager cannot be read. */
  readonly outlivesOutages: boolean;
}

/**
 * Remembers the keys of a key manager for a maximum age. Missing keys are not remembered, so that a
 * new key works at once. Before a request is refused, the key is read anew.
 */
export class RememberedKeys<Key extends RememberedKey> {
  readonly #ports: MemoryPorts<Key>;
  readonly #readings: KeyReadings<Key>;
  readonly #entries = new Map<string, Entry<Key>>();

  constructor(ports: MemoryPorts<Key>) {
    this.#ports = ports;
    this.#readings = new KeyReadings({
      read: (externalKeyId, deadline) => this.#readAndKeep(externalKeyId, deadline),
      clock: ports.clock,
      budgetMs: ports.budgetMs,
    });
  }

  /** @returns undefined for a key that {@link get} has to read first */
  remembered(externalKeyId: string): Key | undefined {
    return this.#entries.get(externalKeyId)?.key;
  }

  /** Returns a key, if possible from memory. @throws KeyManagerError of reading, or `deadline` */
  async get(externalKeyId: string, deadline: Deadline): Promise<Key> {
    const { clock, maxAgeMs, source } = this.#ports;
    const entry = this.#entries.get(externalKeyId);
    if (entry === undefined) {
      return withinDeadline(this.#readings.joined(externalKeyId), deadline, source);
    }
    const now = clock.monotonic();
    const ageMs = now - entry.readAt;
    if (ageMs < maxAgeMs / 2 || now < entry.askAgainAt) return entry.key;
    const refreshed = this.#refreshed(externalKeyId, entry);
    if (ageMs >= maxAgeMs) return withinDeadline(refreshed, deadline, source);
    refreshed.catch(() => undefined); // The next request that has to wait is told.
    return entry.key;
  }

  /** Reads a key anew, not from memory. @throws as {@link get} */
  getAnew(externalKeyId: string, deadline: Deadline): Promise<Key> {
    return withinDeadline(this.#readings.anew(externalKeyId), deadline, this.#ports.source);
  }

  /**
   * Returns a key that may be used for an operation. Before refusing, it reads the key anew.
   *
   * @throws KeyManagerError of {@link refusalOf}, and as {@link get}
   */
  async usable(ref: KeyRef, usage: KeyUsage, deadline: Deadline): Promise<Key> {
    const { externalKeyId } = ref;
    const remembered = this.remembered(externalKeyId) ?? (await this.get(externalKeyId, deadline));
    if (refusalOf(remembered.description, ref, usage) === undefined) return remembered;
    const anew = await this.getAnew(externalKeyId, deadline);
    const refusal = refusalOf(anew.description, ref, usage);
    if (refusal !== undefined) throw refusal;
    return anew;
  }

  /** The same from memory alone; undefined where {@link usable} has to be asked. */
  usableNow(ref: KeyRef, usage: KeyUsage): Key | undefined {
    const key = this.remembered(ref.externalKeyId);
    if (key === undefined || refusalOf(key.description, ref, usage) !== undefined) return undefined;
    return key;
  }

  /** Forgets a key, so that the key manager is asked before the next use. */
  forget(externalKeyId: string): void {
    this.#entries.delete(externalKeyId);
  }

  async #refreshed(externalKeyId: string, { key, readAt }: Entry<Key>): Promise<Key> {
    try {
      return await this.#readings.joined(externalKeyId);
    } catch (error) {
      if (!this.#ports.outlivesOutages || this.#isAboutTheKey(error)) throw error;
      const askAgainAt = this.#ports.clock.monotonic() + FAILURE_PAUSE_MS;
      this.#entries.set(externalKeyId, { key, readAt, askAgainAt });
      return key;
    }
  }

  async #readAndKeep(externalKeyId: string, deadline: Deadline): Promise<Key> {
    // Before the question: the answer may be older than its arrival.
    const readAt = this.#ports.clock.monotonic();
    try {
      const key = await this.#ports.read(externalKeyId, deadline, readAt);
      this.#entries.set(externalKeyId, { key, readAt, askAgainAt: readAt });
      return key;
    } catch (error) {
      if (this.#isAboutTheKey(error)) this.#entries.delete(externalKeyId);
      throw error;
    }
  }

  #isAboutTheKey(error: unknown): boolean {
    return error instanceof KeyManagerError && this.#ports.aboutTheKey.has(error.code);
  }
}

/** Returns the reason why a key cannot be used this way; undefined where it can. */
function refusalOf(
  { enabled, usage, versions }: KeyDescription,
  { externalKeyId, version: { version, materialName } }: KeyRef,
  wanted: KeyUsage,
): KeyManagerError | undefined {
  if (!enabled) return new KeyManagerError('key-disabled', `${externalKeyId} is disabled`);
  if (!usage.has(wanted)) {
    return new KeyManagerError('usage-denied', `${externalKeyId} is not for ${wanted}`);
  }
  const known = versions.get(version);
  if (known?.materialName.equals(materialName) === true) return undefined;
  const problem = known === undefined ? 'does not exist' : 'has other material';
  const message = `version ${version} of ${externalKeyId} ${problem}`;
  return new KeyManagerError('version-not-found', message);
}
