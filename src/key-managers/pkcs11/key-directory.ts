import type { Clock } from '../../shared/clock.js';
import { Deadline } from '../../shared/deadline.js';
import {
  type KeyDescription,
  KeyManagerError,
  type KeyManagerErrorCode,
  type KeyVersion,
} from '../backend.js';
import { withinDeadline } from '../counting/within-deadline.js';
import type { TokenClient } from './token-client.js';
import type { KeyReply } from './wire/messages.js';

/** After this long the token is asked again, while the old answer still serves. */
const REFRESH_MS = 60_000;
const LOOKUP_BUDGET_MS = 5_000;
/** How long a key that is not there is not looked for again. */
const ABSENCE_MS = 1_000;
const MAX_ABSENCES = 1_000;

/** What the token says against the key itself, and not against itself. */
const UNUSABLE: ReadonlySet<KeyManagerErrorCode> = new Set([
  'key-not-found',
  'misconfigured',
  'unsupported',
]);

/** A key as the token has it. */
export interface KnownKey {
  readonly description: KeyDescription;
  /** The attributes of each version's object, ready to be sent. */
  readonly lookups: ReadonlyMap<number, Buffer>;
}

interface Entry {
  readonly key: KnownKey;
  readonly refreshAt: number;
}

/** Remembers what the token said of its keys, because looking one up takes it up to 16 ms. */
export class KeyDirectory {
  readonly #client: TokenClient;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  readonly #absentUntil = new Map<string, number>();
  readonly #asking = new Map<string, Promise<KnownKey>>();

  constructor(client: TokenClient, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** @returns undefined for a key that has to be asked for with {@link find} */
  remembered(externalKeyId: string): KnownKey | undefined {
    return this.#entries.get(externalKeyId)?.key;
  }

  /** @throws KeyManagerError `key-not-found`, `misconfigured` for two objects, `unsupported`, … */
  async find(externalKeyId: string, deadline: Deadline): Promise<KnownKey> {
    const now = this.#clock.monotonic();
    const entry = this.#entries.get(externalKeyId);
    if (entry !== undefined) {
      if (now >= entry.refreshAt) this.#refresh(externalKeyId, entry);
      return entry.key;
    }
    if (now < (this.#absentUntil.get(externalKeyId) ?? -Infinity)) {
      throw new KeyManagerError('key-not-found', `the token has no key ${externalKeyId}`);
    }
    return withinDeadline(this.#ask(externalKeyId), deadline);
  }

  /** Makes the next {@link find} ask the token. */
  forget(externalKeyId: string): void {
    this.#entries.delete(externalKeyId);
    this.#absentUntil.delete(externalKeyId);
  }

  /** An outage leaves the old answer in place: it says what the key is, not whether it works. */
  #refresh(externalKeyId: string, { key }: Entry): void {
    this.#entries.set(externalKeyId, { key, refreshAt: this.#clock.monotonic() + REFRESH_MS });
    this.#ask(externalKeyId).catch(() => {
      // What the token has said against the key is noted in #read; the next refresh tries again.
    });
  }

  /** One question at a time for each key; whoever asks meanwhile shares it. */
  #ask(externalKeyId: string): Promise<KnownKey> {
    const asking = this.#asking.get(externalKeyId) ?? this.#read(externalKeyId);
    this.#asking.set(externalKeyId, asking);
    return asking;
  }

  async #read(externalKeyId: string): Promise<KnownKey> {
    try {
      const deadline = Deadline.after(this.#clock, LOOKUP_BUDGET_MS);
      const key = knownKeyOf(await this.#client.describe(externalKeyId, deadline));
      this.#entries.set(externalKeyId, { key, refreshAt: this.#clock.monotonic() + REFRESH_MS });
      return key;
    } catch (error) {
      if (error instanceof KeyManagerError && UNUSABLE.has(error.code)) {
        this.#entries.delete(externalKeyId);
      }
      if (error instanceof KeyManagerError && error.code === 'key-not-found') {
        this.#noteAbsence(externalKeyId);
      }
      throw error;
    } finally {
      this.#asking.delete(externalKeyId);
    }
  }

  #noteAbsence(externalKeyId: string): void {
    if (this.#absentUntil.size >= MAX_ABSENCES) this.#absentUntil.clear();
    this.#absentUntil.set(externalKeyId, this.#clock.monotonic() + ABSENCE_MS);
  }
}

/** @throws KeyManagerError `internal` for a reply without versions */
export function knownKeyOf({ externalKeyId, versions: replies }: KeyReply): KnownKey {
  const current = replies.at(-1);
  if (current === undefined) throw new KeyManagerError('internal', 'a key without versions');
  const versions = new Map<number, KeyVersion>();
  const lookups = new Map<number, Buffer>();
  for (const { version, materialName, lookup } of replies) {
    versions.set(version, { version, materialName: Buffer.from(materialName, 'hex') });
    lookups.set(version, Buffer.from(lookup));
  }
  const description = {
    externalKeyId,
    usage: new Set(current.usage),
    enabled: true,
    current: versions.get(current.version),
    versions,
  };
  return { description, lookups };
}
