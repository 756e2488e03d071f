import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { KeyDescription, KeyUsage, KeyVersion, VersionSummary } from '../backend.js';
import { settledVersion } from '../nodes/settled-version.js';

const MATERIAL_NAME_BYTES = 8;
/** Difference between the clocks of server and replicas that a rotation tolerates. */
const CLOCK_TOLERANCE_MS = 5_000;

/** The fields of Transit's description of a key that Holdfast reads. */
export const transitKeySchema = z.object({
  type: z.string(),
  derived: z.boolean().default(false),
  soft_deleted: z.boolean().default(false),
  deletion_allowed: z.boolean().default(false),
  /** Absent from the answers of servers that import no keys. */
  imported_key: z.boolean().optional(),
  /** Older versions are destroyed; 0 and 1 are the same. */
  min_available_version: z.int().min(0).default(0),
  min_decryption_version: z.int().min(0).default(0),
  min_encryption_version: z.int().min(0).default(0),
  /** Creation times in seconds since 1970, by version, from min_decryption_version on. */
  keys: z.record(z.string().regex(/^[1-9][0-9]{0,9}$/), z.unknown()),
});

/** A key as Transit describes it. */
export type TransitKey = z.output<typeof transitKeySchema>;

/** Facts of a description that Transit does not know. */
export interface DescribedAs {
  readonly externalKeyId: string;
  readonly usage: ReadonlySet<KeyUsage>;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Time after its creation from which a version encrypts. */
  readonly settlingMs: number;
}

/** Returns why a Transit key cannot be an external key; undefined where it can. */
export function unfitness({ type, derived }: TransitKey): string | undefined {
  if (type !== 'aes256-gcm96') return `its type is ${type}; only aes256-gcm96 is used`;
  return derived ? 'its key is derived for every context; such keys are not used' : undefined;
}

/** Describes a Transit key as an external key. A soft-deleted key is disabled. */
export function descriptionOf(key: TransitKey, as: DescribedAs): KeyDescription {
  const { externalKeyId, usage } = as;
  const created = creationTimes(key);
  const versions = new Map<number, KeyVersion>(
    [...created].map(([version, seconds]) => [
      version,
      { version, materialName: materialName(externalKeyId, version, seconds) },
    ]),
  );
  const current = versions.get(currentVersion(key, created, as) ?? Infinity);
  return { externalKeyId, usage, enabled: !key.soft_deleted, current, versions };
}

/** Returns the time of creation; undefined once the first version is gone. */
export function createdAt(key: TransitKey): Date | undefined {
  const seconds = creationTimes(key).get(1);
  return seconds === undefined ? undefined : new Date(seconds * 1000);
}

/** Returns the number of the newest version; 0 for a key without any. */
export function newestVersion(key: TransitKey): number {
  return Math.max(0, ...creationTimes(key).keys());
}

/** Returns the number of the oldest version that is not destroyed, shut off or not. */
export function oldestVersion({ min_available_version: oldest }: TransitKey): number {
  return Math.max(1, oldest);
}

/**
 * Returns the version of an imported key that encrypts where a newer one may wait: the least one
 * that may. Transit holds back no version by itself.
 *
 * @returns undefined for a key whose newest version encrypts
 */
export function heldVersion(key: TransitKey): number | undefined {
  const { imported_key: isImported = false, min_encryption_version: least } = key;
  return isImported && least > 0 ? least : undefined;
}

/** Returns what is known of each version that is not shut off, by number. */
export function versionSummaries(
  key: TransitKey,
  { versions }: KeyDescription,
): readonly VersionSummary[] {
  const created = creationTimes(key);
  const held = heldVersion(key) ?? Infinity;
  return [...versions.values()]
    .map((version) => ({
      ...version,
      createdAt: new Date((created.get(version.version) ?? 0) * 1000),
      material: version.version > held ? ('waiting' as const) : ('present' as const),
    }))
    .sort((a, b) => a.version - b.version);
}

/** Returns the version that encrypts; undefined where none may. */
function currentVersion(
  key: TransitKey,
  created: ReadonlyMap<number, number>,
  { now, settlingMs }: DescribedAs,
): number | undefined {
  const held = heldVersion(key);
  if (held !== undefined) return held;
  const settledBefore = now - settlingMs - CLOCK_TOLERANCE_MS;
  const allowed = [...created]
    .filter(([version]) => version >= key.min_encryption_version)
    .sort(([a], [b]) => a - b);
  return settledVersion(allowed, ([, seconds]) => seconds * 1000 <= settledBefore)?.[0];
}

function creationTimes({ keys }: TransitKey): ReadonlyMap<number, number> {
  return new Map(
    Object.entries(keys).flatMap(([version, seconds]) =>
      typeof seconds === 'number' ? [[Number(version), seconds]] : [],
    ),
  );
}

/**
 * Names the material: 8 bytes of SHA-256 over facts that are the same on every node, after a
 * restore, and when mount or Transit key are renamed. The id tells apart keys made in one second.
 *
 * @param seconds the version's creation time as the server reports it
 */
function materialName(externalKeyId: string, version: number, seconds: number): Buffer {
  return createHash('sha256')
    .update(`holdfast transit material\0${externalKeyId}\0${version}\0${seconds}`)
    .digest()
    .subarray(0, MATERIAL_NAME_BYTES);
}
