import type { Clock } from '../../shared/clock.js';
import type { Deadline } from '../../shared/deadline.js';
import {
  type KeyDescription,
  KeyManagerError,
  type KeyManagerErrorCode,
  type KeyVersion,
} from '../backend.js';
import { KeyReadings } from '../key-readings.js';
import { withinDeadline } from '../within-deadline.js';
import type { TokenClient } from './token-client.js';
import type { KeyReply, VersionReply } from './wire/messages.js';

/** After this long the token is asked again, while the old answer still serves. */
const REFRESH_MS = 30_000;
/** After this long a request waits for the new answer. */
const MAX_AGE_MS = 60_000;
/**
 * A version that turns up encrypts only after this long: until then a replica may serve that has
 * not looked, and would refuse the ciphertext. So it is not less than {@link MAX_AGE_MS}.
 */
const SETTLING_MS = 60_000;
const LOOKUP_BUDGET_MS = 5_000;
/** For how long a token that could not answer is not asked about a known key. */
const FAILURE_PAUSE_MS = 1_000;

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
  readonly readAt: number;
  /** Not before: set when asking has failed. */
  readonly askAgainAt: number;
}

/** A client of the token, for its descriptions of keys. */
export type DescribingClient = Pick<TokenClient, 'describe'>;

/**
 * Remembers what the token said of its keys, because looking one up takes it up to 16 ms. Whoever
 * is about to refuse a request for what is remembered looks anew first; that a key is not there is
 * not remembered at all.
 */
export class KeyDirectory {
  readonly #client: DescribingClient;
  readonly #isExhausted: VersionChoice['isExhausted'];
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  /** From when on a version may encrypt, by key and number. Those of the first look may at once. */
  readonly #settledAt = new Map<string, ReadonlyMap<number, number>>();
  readonly #readings: KeyReadings<KnownKey>;

  /** @param isExhausted by the name of the material, in hexadecimal */
  constructor(client: DescribingClient, clock: Clock, isExhausted?: VersionChoice['isExhausted']) {
    this.#client = client;
    this.#isExhausted = isExhausted;
    this.#clock = clock;
    this.#readings = new KeyReadings({
      read: (externalKeyId, deadline) => this.#read(externalKeyId, deadline),
      clock,
      budgetMs: LOOKUP_BUDGET_MS,
    });
  }

  /** @returns undefined for a key that has to be asked for with {@link find} */
  remembered(externalKeyId: string): KnownKey | undefined {
    return this.#entries.get(externalKeyId)?.key;
  }

  /** @throws KeyManagerError `key-not-found`, `misconfigured` for two objects, `unsupported`, … */
  async find(externalKeyId: string, deadline: Deadline): Promise<KnownKey> {
    const entry = this.#entries.get(externalKeyId);
    if (entry !== undefined) return this.#kept(externalKeyId, entry, deadline);
    return withinDeadline(this.#readings.joined(externalKeyId), deadline, 'the token');
  }

  /** Whatever is remembered: from a look that begins now or later. @throws as {@link find} */
  findAnew(externalKeyId: string, deadline: Deadline): Promise<KnownKey> {
    return withinDeadline(this.#readings.anew(externalKeyId), deadline, 'the token');
  }

  /** Makes the next {@link find} ask the token. */
  forget(externalKeyId: string): void {
    this.#entries.delete(externalKeyId);
  }

  /** An outage leaves the old answer in place: it says what the key is, not whether it works. */
  async #kept(externalKeyId: string, { key, readAt, askAgainAt }: Entry, deadline: Deadline) {
    const now = this.#clock.monotonic();
    const ageMs = now - readAt;
    if (ageMs < REFRESH_MS || now < askAgainAt) return key;
    const refreshed = this.#readings.joined(externalKeyId).catch((error: unknown) => {
      if (isAgainstTheKey(error)) throw error;
      const askAgainAt = this.#clock.monotonic() + FAILURE_PAUSE_MS;
      this.#entries.set(externalKeyId, { key, readAt, askAgainAt });
      return key;
    });
    if (ageMs >= MAX_AGE_MS) return withinDeadline(refreshed, deadline, 'the token');
    refreshed.catch(() => undefined); // Noted in #read, and told to the next who asks.
    return key;
  }

  async #read(externalKeyId: string, deadline: Deadline): Promise<KnownKey> {
    try {
      // Before the question: the answer may be older than its arrival.
      const readAt = this.#clock.monotonic();
      const reply = await this.#client.describe(externalKeyId, deadline);
      const settledAt = this.#noteVersions(externalKeyId, reply);
      const key = knownKeyOf(reply, {
        isSettled: (version) => readAt >= (settledAt.get(version) ?? readAt),
        isExhausted: this.#isExhausted,
      });
      this.#entries.set(externalKeyId, { key, readAt, askAgainAt: readAt });
      return key;
    } catch (error) {
      if (isAgainstTheKey(error)) this.#entries.delete(externalKeyId);
      throw error;
    }
  }

  /**
   * Counted from now, after the answer: another replica may have looked just before it was true.
   */
  #noteVersions(externalKeyId: string, { versions }: KeyReply) {
    const before = this.#settledAt.get(externalKeyId);
    const turnedUpNow = before === undefined ? -Infinity : this.#clock.monotonic() + SETTLING_MS;
    const settledAt = new Map(
      versions.map(({ version }) => [version, before?.get(version) ?? turnedUpNow]),
    );
    this.#settledAt.set(externalKeyId, settledAt);
    return settledAt;
  }
}

function isAgainstTheKey(error: unknown): boolean {
  return error instanceof KeyManagerError && UNUSABLE.has(error.code);
}

/** The grounds on which a version is chosen to encrypt. */
export interface VersionChoice {
  /** Tells whether every replica has had the time to see a version. */
  readonly isSettled?: (version: number) => boolean;
  /**
   * Tells whether material has made all the encryptions that it may, by its name in hexadecimal.
   */
  readonly isExhausted?: ((materialName: string) => boolean) | undefined;
}

/** @throws KeyManagerError `internal` for a reply without versions */
export function knownKeyOf(
  { externalKeyId, versions: replies }: KeyReply,
  choice: VersionChoice = {},
): KnownKey {
  const current = currentOf(replies, choice);
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

/** The newest that may encrypt and has settled; where none has, the newest that may at all. */
function currentOf(
  replies: readonly VersionReply[],
  { isSettled = () => true, isExhausted = () => false }: VersionChoice,
): VersionReply {
  const encrypting = replies.filter(({ usage }) => usage.includes('ENCRYPT'));
  const unused = encrypting.filter(({ materialName }) => !isExhausted(materialName));
  const candidates = unused.length > 0 ? unused : encrypting;
  const settled = candidates.findLast(({ version }) => isSettled(version));
  const current = settled ?? candidates.at(-1) ?? replies.at(-1);
  if (current !== undefined) return current;
  throw new KeyManagerError('internal', 'a key without versions');
}
