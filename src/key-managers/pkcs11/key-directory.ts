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

/** Age from which a description is read again in the background. */
const REFRESH_MS = 30_000;
/** Age from which a request waits for the new description. */
const MAX_AGE_MS = 60_000;
/**
 * Time for which a new version is not used to encrypt. Until then another replica may not know the
 * version yet and would refuse the ciphertext, so it is at least {@link MAX_AGE_MS}.
 */
const SETTLING_MS = 60_000;
const LOOKUP_BUDGET_MS = 5_000;
/** Time for which a token that failed to answer is not asked about a known key. */
const FAILURE_PAUSE_MS = 1_000;

/** Failures that are about the key, and not about the token. */
const UNUSABLE: ReadonlySet<KeyManagerErrorCode> = new Set([
  'key-not-found',
  'misconfigured',
  'unsupported',
]);

/** A key as the token describes it. */
export interface KnownKey {
  readonly description: KeyDescription;
  /** The {@link KeyLookup} of each version's object, as sent to the child. */
  readonly lookups: ReadonlyMap<number, Buffer>;
}

interface Entry {
  readonly key: KnownKey;
  readonly readAt: number;
  /** Earliest time of the next reading; later than `readAt` after a failure. */
  readonly askAgainAt: number;
}

/** The part of the token's client that describes keys. */
export type DescribingClient = Pick<TokenClient, 'describe'>;

/**
 * Remembers the descriptions of the token's keys, because the token takes up to 16 ms to look one
 * up. Before a request is refused, the key is read anew. A missing key is not remembered.
 */
export class KeyDirectory {
  readonly #client: DescribingClient;
  readonly #isExhausted: VersionChoice['isExhausted'];
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  /** Time from which a version may encrypt, by key and number. Versions first read may at once. */
  readonly #settledAt = new Map<string, ReadonlyMap<number, number>>();
  readonly #readings: KeyReadings<KnownKey>;

  /** @param isExhausted takes the material name in hexadecimal */
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

  /** @returns undefined for a key that {@link find} has to read first */
  remembered(externalKeyId: string): KnownKey | undefined {
    return this.#entries.get(externalKeyId)?.key;
  }

  /** @throws KeyManagerError `key-not-found`, `misconfigured` for two objects, `unsupported`, … */
  async find(externalKeyId: string, deadline: Deadline): Promise<KnownKey> {
    const entry = this.#entries.get(externalKeyId);
    if (entry !== undefined) return this.#kept(externalKeyId, entry, deadline);
    return withinDeadline(this.#readings.joined(externalKeyId), deadline, 'the token');
  }

  /** Reads the key anew, not from memory. @throws as {@link find} */
  findAnew(externalKeyId: string, deadline: Deadline): Promise<KnownKey> {
    return withinDeadline(this.#readings.anew(externalKeyId), deadline, 'the token');
  }

  /** Makes the next call of {@link find} ask the token. */
  forget(externalKeyId: string): void {
    this.#entries.delete(externalKeyId);
  }

  /** Returns the remembered key and reads it again when it is old. An outage leaves it in place. */
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

  /** Notes from when on each version may encrypt, counted from now, after the answer. */
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

/** Conditions on the version that encrypts. */
export interface VersionChoice {
  /** Tells whether every replica has had the time to read a version. */
  readonly isSettled?: (version: number) => boolean;
  /** Tells whether material is at its limit of encryptions, by its name in hexadecimal. */
  readonly isExhausted?: ((materialName: string) => boolean) | undefined;
}

/** Makes a key of a child's reply. @throws KeyManagerError `internal` for one without versions */
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

/** Chooses the newest version that encrypts and has settled, else the newest that encrypts. */
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
