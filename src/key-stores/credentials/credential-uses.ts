import type { Clock } from '../../shared/clock.js';
import type { OperatorLog } from '../../shared/operator-log.js';
import { StateError } from '../../state/errors.js';
import type { Collection, State } from '../../state/state.js';
import { credentialUses, type KeptUses } from './documents.js';

const MINUTE_MS = 60_000;
/** The time between two tellings. One that says nothing new costs no write. */
const TELL_MS = 5_000;
/** The minutes for which the use of a credential is remembered that may be gone: a year. */
const REMEMBERED_MINUTES = 525_600;

/** The parts that the last uses of credentials are kept with. */
export interface CredentialUsesPorts {
  readonly state: Pick<State, 'collection' | 'isInStep'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: OperatorLog;
}

/** Notes that a credential was used, on the way of a request: it costs a look-up. */
export class CredentialNotes {
  readonly #clock: Pick<Clock, 'now'>;
  /** The minutes of the last uses on this replica since its start, by access key id. */
  readonly lastUsed = new Map<string, number>();

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** Notes a use at this moment. */
  used(accessKeyId: string): void {
    const minute = Math.floor(this.#clock.now() / MINUTE_MS);
    if (this.lastUsed.get(accessKeyId) !== minute) this.lastUsed.set(accessKeyId, minute);
  }
}

/**
 * The last uses of credentials, to the minute and over all replicas: noted in memory, and told to
 * the state in the background.
 */
export class CredentialUses {
  readonly #ports: CredentialUsesPorts;
  readonly #collection: Collection<KeptUses>;
  /** By key store. */
  readonly #notes = new Map<string, CredentialNotes>();
  #timer: NodeJS.Timeout | undefined;
  #telling: Promise<void> | undefined;

  constructor(ports: CredentialUsesPorts) {
    this.#ports = ports;
    this.#collection = ports.state.collection(credentialUses);
  }

  /** The notes of one key store. */
  notesOf(keyStore: string): CredentialNotes {
    const notes = this.#notes.get(keyStore) ?? new CredentialNotes(this.#ports.clock);
    this.#notes.set(keyStore, notes);
    return notes;
  }

  /** The beginning of the minute of the last use that is known, in ms since 1970. */
  lastUsedAt(keyStore: string, accessKeyId: string): number | undefined {
    const told = this.#told(keyStore)[accessKeyId];
    const noted = this.#notes.get(keyStore)?.lastUsed.get(accessKeyId);
    if (told === undefined && noted === undefined) return undefined;
    return Math.max(told ?? 0, noted ?? 0) * MINUTE_MS;
  }

  /**
   * The time since the end of the minute of the last use: a use in that minute is at least so long
   * ago. Undefined where none is known; 0 while that minute lasts.
   */
  unusedForMs(keyStore: string, accessKeyId: string): number | undefined {
    const last = this.lastUsedAt(keyStore, accessKeyId);
    return last === undefined ? undefined : Math.max(0, this.#ports.clock.now() - last - MINUTE_MS);
  }

  /** Begins to tell. */
  start(): void {
    this.#timer = setInterval(() => void this.tell(), TELL_MS).unref();
  }

  /** Tells the rest, and no more. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#telling;
    await this.tell();
  }

  /** Tells what was noted. Never rejects: what could not be told is told the next time. */
  tell(): Promise<void> {
    this.#telling ??= this.#tell().finally(() => {
      this.#telling = undefined;
    });
    return this.#telling;
  }

  async #tell(): Promise<void> {
    for (const [keyStore, { lastUsed }] of this.#notes) {
      if (!this.#ports.state.isInStep) return;
      await this.#tellOf(keyStore, lastUsed);
    }
  }

  async #tellOf(keyStore: string, noted: ReadonlyMap<string, number>): Promise<void> {
    const told = this.#told(keyStore);
    const news = [...noted].filter(([id, minute]) => minute > (told[id] ?? -1));
    const newest = Math.max(...news.map(([, minute]) => minute));
    if (news.length === 0) return;
    const kept = Object.entries(told).filter(([, at]) => at > newest - REMEMBERED_MINUTES);
    const lastUsed = Object.fromEntries([...kept, ...news]);
    try {
      const replaces = this.#collection.get(keyStore)?.revision ?? 0;
      await this.#collection.put(keyStore, { lastUsed }, replaces);
    } catch (error) {
      // Another replica has told at the same time: this one does so in a moment.
      if (error instanceof StateError && error.code === 'conflict') return;
      this.#ports.log.warn({ err: error }, 'the use of credentials could not be told; tried again');
    }
  }

  #told(keyStore: string): KeptUses['lastUsed'] {
    const document = this.#collection.get(keyStore);
    return document?.kind === 'value' ? document.value.lastUsed : {};
  }
}
