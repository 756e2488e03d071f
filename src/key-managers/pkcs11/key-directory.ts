import type { Clock } from '../../shared/clock.js';
import { KeyManagerError, type KeyVersion } from '../backend.js';
import { settledVersion } from '../nodes/settled-version.js';
import { type RememberedKey, RememberedKeys } from '../remembered-keys.js';
import type { TokenClient } from './token-client.js';
import type { KeyReply, VersionReply } from './wire/messages.js';

/** Age from which a request waits for a new description. */
const MAX_AGE_MS = 60_000;
/** Time after which every replica knows a new version, so it is at least {@link MAX_AGE_MS}. */
const SETTLING_MS = 60_000;
const LOOKUP_BUDGET_MS = 5_000;

/** A key as the token describes it. */
export interface KnownKey extends RememberedKey {
  /** The {@link KeyLookup} of each version's object, as sent to the child. */
  readonly lookups: ReadonlyMap<number, Buffer>;
}

/** The part of the token's client that describes keys. */
export type DescribingClient = Pick<TokenClient, 'describe'>;

/**
 * Remembers the keys of one token, because the token takes up to 16 ms to look one up. An outage of
 * the token leaves them in use.
 */
export class KeyDirectory extends RememberedKeys<KnownKey> {
  /** @param isExhausted takes the material name in hexadecimal */
  constructor(client: DescribingClient, clock: Clock, isExhausted?: VersionChoice['isExhausted']) {
    // Time from which a version may encrypt, by key and number. Versions first read may at once.
    const settledAt = new Map<string, ReadonlyMap<number, number>>();
    super({
      read: async (externalKeyId, deadline, readAt) => {
        const reply = await client.describe(externalKeyId, deadline);
        // Counted from after the answer: another replica may have read just before it was true.
        const times = settlingTimes(reply, settledAt.get(externalKeyId), clock.monotonic());
        settledAt.set(externalKeyId, times);
        const isSettled = (version: number) => readAt >= (times.get(version) ?? readAt);
        return knownKeyOf(reply, { isSettled, isExhausted });
      },
      clock,
      budgetMs: LOOKUP_BUDGET_MS,
      maxAgeMs: MAX_AGE_MS,
      source: 'the token',
      aboutTheKey: new Set(['key-not-found', 'misconfigured', 'unsupported']),
      outlivesOutages: true,
    });
  }
}

function settlingTimes(
  { versions }: KeyReply,
  before: ReadonlyMap<number, number> | undefined,
  now: number,
): ReadonlyMap<number, number> {
  const ofNew = before === undefined ? -Infinity : now + SETTLING_MS;
  return new Map(versions.map(({ version }) => [version, before?.get(version) ?? ofNew]));
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

/** Chooses among those that encrypt and are not at their limit, else among those that encrypt. */
function currentOf(
  replies: readonly VersionReply[],
  { isSettled = () => true, isExhausted = () => false }: VersionChoice,
): VersionReply {
  const encrypting = replies.filter(({ usage }) => usage.includes('ENCRYPT'));
  const unused = encrypting.filter(({ materialName }) => !isExhausted(materialName));
  const candidates = unused.length > 0 ? unused : encrypting;
  const settled = settledVersion(candidates, ({ version }) => isSettled(version));
  const current = settled ?? replies.at(-1);
  if (current !== undefined) return current;
  throw new KeyManagerError('internal', 'a key without versions');
}
