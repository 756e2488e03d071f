import { BackgroundTask } from '../../shared/background-task.js';
import type { Clock } from '../../shared/clock.js';
import { MINUTE_MS } from '../../shared/durations.js';
import type { OperatorLog } from '../../shared/operator-log.js';
import type { State } from '../../state/state.js';
import type { Uses } from '../../state/uses.js';
import { credentialUses, type KeptUses } from './documents.js';

/** The time between two tellings. One that says nothing new costs no write. */
const TELL_MS = 5_000;

/** The parts that the last uses of credentials are kept with. */
export interface CredentialUsesPorts {
  readonly state: Pick<State, 'uses' | 'isInStep'>;
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
    // A clock that has been put back hides no use.
    if ((this.lastUsed.get(accessKeyId) ?? 0) < minute) this.lastUsed.set(accessKeyId, minute);
  }
}

/**
 * The last uses of credentials, to the minute and over all replicas: noted in memory, and told to
 * the state in the background.
 */
export class CredentialUses {
  readonly #ports: CredentialUsesPorts;
  readonly #uses: Uses<KeptUses>;
  readonly #telling: BackgroundTask;
  /** By key store. */
  readonly #notes = new Map<string, CredentialNotes>();

  constructor(ports: CredentialUsesPorts) {
    this.#ports = ports;
    this.#uses = ports.state.uses(credentialUses);
    this.#telling = new BackgroundTask({
      everyMs: TELL_MS,
      work: () => this.#tell(),
      log: ports.log,
      whenFailed: 'the use of credentials could not be told; tried again',
    });
  }

  /** The notes of one key store. */
  notesOf(keyStore: string): CredentialNotes {
    const notes = this.#notes.get(keyStore) ?? new CredentialNotes(this.#ports.clock);
    this.#notes.set(keyStore, notes);
    return notes;
  }

  /** Reasons why this replica may not know of a use, one sentence each. */
  get problems(): readonly string[] {
    if (this.#ports.state.isInStep) return this.#uses.problems;
    return ['this replica is not in step with the state store', ...this.#uses.problems];
  }

  /** The beginning of the minute of the last use that is known, in ms since 1970. */
  lastUsedAt(keyStore: string, accessKeyId: string): number | undefined {
    const told = this.#uses.get(keyStore)?.[accessKeyId];
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
    this.#telling.start();
    void this.tell();
  }

  /** Tells the rest, and no more. */
  stop(): Promise<void> {
    return this.#telling.stop();
  }

  /**
   * Tells what was noted, and reads what others have told. Never rejects: what could not be told is
   * told the next time.
   */
  tell(): Promise<void> {
    return this.#telling.run();
  }

  async #tell(): Promise<void> {
    for (const [keyStore, { lastUsed }] of this.#notes) {
      if (lastUsed.size > 0) this.#uses.add(keyStore, Object.fromEntries(lastUsed));
    }
    if (this.#ports.state.isInStep) await this.#uses.tell();
  }
}
