import type { Clock } from '../../shared/clock.js';
import { Deadline } from '../../shared/deadline.js';
import { KeyManagerError, type KeySummary } from '../backend.js';
import type { RememberedKeys } from '../remembered-keys.js';
import type { KeyNames } from './key-names.js';
import type { KnownKey } from './known-keys.js';
import type { Transit } from './transit.js';
import type { TransitActs } from './transit-acts.js';
import {
  createdAt,
  descriptionOf,
  type TransitKey,
  unfitness,
  versionSummaries,
} from './transit-key.js';

/** Time for one administrative operation. */
const BUDGET_MS = 10_000;

/** The parts of one node that its administration works with. */
export interface AdministrationPorts {
  readonly transit: Transit;
  readonly acts: TransitActs;
  /** The keys that the node remembers. */
  readonly keys: Pick<RememberedKeys<KnownKey>, 'forget'>;
  readonly names: KeyNames;
  readonly clock: Clock;
  readonly metadataMaxAgeMs: number;
}

/** A key as an act finds it, and what the act works with. */
export interface FoundKey {
  readonly externalKeyId: string;
  readonly transitKey: string;
  readonly key: TransitKey;
  readonly deadline: Deadline;
}

/** Begins the time of one administrative operation. */
export function budget({ clock }: Pick<AdministrationPorts, 'clock'>): Deadline {
  return Deadline.after(clock, BUDGET_MS);
}

/** Returns the name of a key in Transit. @throws KeyManagerError `unsupported` for none */
export function transitKeyOf(names: KeyNames, externalKeyId: string): string {
  const transitKey = names.transitKeyOf(externalKeyId);
  if (transitKey !== undefined) return transitKey;
  throw new KeyManagerError(
    'unsupported',
    `the name of ${externalKeyId} is not possible in Transit: it has to begin and end with a ` +
      'letter, a digit or an underscore, and must be free. Set `transitKey` in `keys`.',
  );
}

/**
 * Reads a key for an act.
 *
 * @returns undefined for a key that is not there
 * @throws KeyManagerError `unsupported` for a Transit key that is no external key
 */
export async function findKey(
  { transit, names }: AdministrationPorts,
  externalKeyId: string,
  deadline: Deadline,
): Promise<FoundKey | undefined> {
  const transitKey = transitKeyOf(names, externalKeyId);
  const key = await transit.readKey(transitKey, deadline);
  if (key === undefined) return undefined;
  const problem = unfitness(key);
  if (problem === undefined) return { externalKeyId, transitKey, key, deadline };
  throw new KeyManagerError('unsupported', `${transitKey}: ${problem}`);
}

/** Reads a key that has to be there. @throws KeyManagerError `key-not-found`, `unsupported` */
export async function mustFindKey(
  ports: AdministrationPorts,
  externalKeyId: string,
  deadline: Deadline,
): Promise<FoundKey> {
  const found = await findKey(ports, externalKeyId, deadline);
  if (found !== undefined) return found;
  throw new KeyManagerError('key-not-found', `there is no Transit key for ${externalKeyId}`);
}

/** Describes a key for administrators, an unfit one too. */
export function summaryOf(
  { names, clock, metadataMaxAgeMs: settlingMs }: AdministrationPorts,
  externalKeyId: string,
  key: TransitKey,
): KeySummary {
  const usage = names.usageOf(externalKeyId);
  const description = descriptionOf(key, { externalKeyId, usage, now: clock.now(), settlingMs });
  const problem = unfitness(key) ?? (key.soft_deleted ? 'it is soft-deleted' : undefined);
  const made = createdAt(key);
  const isImported = key.imported_key;
  return {
    description: { ...description, enabled: problem === undefined },
    versions: versionSummaries(key, description),
    ...(made === undefined ? {} : { createdAt: made }),
    ...(problem === undefined ? {} : { problem }),
    ...(isImported === undefined ? {} : { origin: isImported ? 'external' : 'generated' }),
  };
}
