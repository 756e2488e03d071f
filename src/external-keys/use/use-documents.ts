import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { CollectionDefinition } from '../../state/collection.js';
import type { UsesDefinition } from '../../state/uses.js';

const MAX_MINUTE = 2 ** 31;
/** The parts in which the uses of a key manager's keys are told. */
const SHARDS = 32;

/** First and last use, in minutes since 1970. */
const spanSchema = z.tuple([z.int().min(0).max(MAX_MINUTE), z.int().min(0).max(MAX_MINUTE)]);

const useSchema = z.strictObject({
  encrypted: spanSchema.optional(),
  decrypted: spanSchema.optional(),
});

/** By external key id, see {@link nameInShard}, then by version. */
const shardSchema = z.record(z.string(), z.record(z.string(), useSchema));

const reporterSchema = z.strictObject({
  /** The replica's name for people. */
  name: z.string(),
  /** The time from which on it tells of every use, in ms since 1970. */
  sinceMs: z.number(),
  /** Present once its lease has ended and it has not said that it was done. */
  lostAtMs: z.number().optional(),
});

const reportersSchema = z.strictObject({
  /** The time before which uses may be missing that nobody can tell of, in ms since 1970. */
  sinceMs: z.number(),
  /** By the replica's id among the leases: those that run, and those that ended unawares. */
  replicas: z.record(z.string(), reporterSchema),
  /** By a replica's name for people: when it last told, to the day, in ms since 1970. */
  names: z.record(z.string(), z.number()).optional(),
});

/** First and last use of a version, in minutes since 1970. */
export type VersionUse = Readonly<z.infer<typeof useSchema>>;

/** First and last use, in minutes since 1970. */
export type UseSpan = z.infer<typeof spanSchema>;

/** The uses of some keys of a key manager, joined over all replicas. */
export type UseShard = Readonly<z.infer<typeof shardSchema>>;

/** The replicas that tell of uses. */
export type Reporters = Readonly<z.infer<typeof reportersSchema>>;

/** The use of keys by version. */
export const keyUse: UsesDefinition<UseShard> = {
  name: 'key-use',
  format: { number: 1, schema: shardSchema },
  join: joinedShard,
};

const sinceSchema = z.strictObject({ sinceMs: z.int().min(0) });

/**
 * The time since which uses are kept, in ms since 1970, kept together with them: where they were
 * lost without the documents, as in a backup that left them out, counting begins anew.
 */
export const keptSince: UsesDefinition<Readonly<z.infer<typeof sinceSchema>>> = {
  name: 'key-use-since',
  format: { number: 1, schema: sinceSchema },
  join: (one, other) => (one.sinceMs < other.sinceMs ? other : one),
};

/** The id of what says so. */
export const SINCE_ID = 'every-key';

/** One document on who tells of uses. */
export const useReporters: CollectionDefinition<Reporters> = {
  name: 'use-reporters',
  newest: { number: 1, schema: reportersSchema },
};

/** The id of that document. */
export const REPORTERS_ID = 'key-use';

/** The id of the part that has the uses of a key. */
export function shardIdOf(keyManager: string, externalKeyId: string): string {
  const digest = createHash('sha256').update(externalKeyId).digest();
  return `${keyManager}/${digest.readUInt8(0) % SHARDS}`;
}

/**
 * The name of a key among the fields of a shard: its id, but for those that every object has, whose
 * uses would get lost. No id of a key has a colon.
 */
export function nameInShard(externalKeyId: string): string {
  return externalKeyId in Object.prototype ? `:${externalKeyId}` : externalKeyId;
}

/** Joins two spans. */
export function joinedSpan(
  one: UseSpan | undefined,
  other: UseSpan | undefined,
): UseSpan | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return [Math.min(one[0], other[0]), Math.max(one[1], other[1])];
}

/** Joins what is known of the use of a version. */
export function joinedUse(one: VersionUse, other: VersionUse): VersionUse {
  const encrypted = joinedSpan(one.encrypted, other.encrypted);
  const decrypted = joinedSpan(one.decrypted, other.decrypted);
  return { ...(encrypted && { encrypted }), ...(decrypted && { decrypted }) };
}

/** Joins what is known of the use of some keys. */
export function joinedShard(one: UseShard, other: UseShard): UseShard {
  const joined = new Map(Object.entries(one));
  for (const [name, versions] of Object.entries(other)) {
    const uses = new Map(Object.entries(joined.get(name) ?? {}));
    for (const [version, use] of Object.entries(versions)) {
      uses.set(version, joinedUse(uses.get(version) ?? {}, use));
    }
    joined.set(name, Object.fromEntries(uses));
  }
  return Object.fromEntries(joined);
}
