import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { KeyDescription, KeyUsage, KeyVersion } from '../backend.js';

const MATERIAL_NAME_BYTES = 8;
/** Difference between the clocks of server and replicas that a rotation tolerates. */
const CLOCK_TOLERANCE_MS = 5_000;

/** The fields of Transit's description of a key that Holdfast reads. */
export const transitKeySchema = z.object({
  type: z.string(),
  derived: z.boolean().default(false),
  soft_deleted: z.boolean().default(false),
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
  const current = versions.get(currentVersion(key, created, as));
  return { externalKeyId, usage, enabled: !key.soft_deleted, current, versions };
}

/** Returns the time of creation; undefined once the first version is gone. */
export function createdAt(key: TransitKey): Date | undefined {
  const seconds = creationTimes(key).get(1);
  return seconds === undefined ? undefined : new Date(seconds * 1000);
}

/**
 * Returns the newest version that every replica has had the time to read: a replica that does not
 * know the version refuses its ciphertexts. Where all versions are new, it returns the oldest,
 * which every replica that knows the key has read.
 *
 * @returns Infinity where no version may encrypt
 */
function currentVersion(
  { min_encryption_version: least }: TransitKey,
  created: ReadonlyMap<number, number>,
  { now, settlingMs }: DescribedAs,
): number {
  const settledBefore = now - settlingMs - CLOCK_TOLERANCE_MS;
  const allowed = [...created].filter(([version]) => version >= least);
  const settled = allowed.filter(([, seconds]) => seconds * 1000 <= settledBefore);
  return settled.length > 0
    ? Math.max(...settled.map(([version]) => version))
    : Math.min(...allowed.map(([version]) => version));
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
