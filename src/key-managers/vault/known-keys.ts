import type { Clock } from '../../shared/clock.js';
import type { Deadline } from '../../shared/deadline.js';
import { KeyManagerError } from '../backend.js';
import { type RememberedKey, RememberedKeys } from '../remembered-keys.js';
import type { KeyNames } from './key-names.js';
import type { Transit } from './transit.js';
import { descriptionOf, unfitness } from './transit-key.js';

const READ_BUDGET_MS = 1_000;

/** A key and its name in Transit. */
export interface KnownKey extends RememberedKey {
  readonly transitKey: string;
}

/** The source of a node's keys, and for how long they are remembered. */
export interface KnownKeysPorts {
  readonly transit: Transit;
  readonly names: KeyNames;
  readonly clock: Clock;
  readonly metadataMaxAgeMs: number;
}

/**
 * Remembers the keys of one node. A key is read before it is used to encrypt: Transit may create a
 * key that does not exist when it is asked to encrypt, for example after a mistyped id.
 */
export function knownKeys(ports: KnownKeysPorts): RememberedKeys<KnownKey> {
  return new RememberedKeys({
    read: (externalKeyId, deadline) => readKey(ports, externalKeyId, deadline),
    clock: ports.clock,
    budgetMs: READ_BUDGET_MS,
    maxAgeMs: ports.metadataMaxAgeMs,
    source: 'the server',
    aboutTheKey: new Set(['key-not-found']),
    outlivesOutages: false,
  });
}

async function readKey(
  { transit, names, clock, metadataMaxAgeMs: settlingMs }: KnownKeysPorts,
  externalKeyId: string,
  deadline: Deadline,
): Promise<KnownKey> {
  const transitKey = names.transitKeyOf(externalKeyId);
  if (transitKey === undefined) {
    throw new KeyManagerError(
      'key-not-found',
      `no Transit key can have the name of ${externalKeyId}`,
    );
  }
  const key = await transit.readKey(transitKey, deadline);
  if (key === undefined) {
    throw new KeyManagerError('key-not-found', `there is no Transit key ${transitKey}`);
  }
  const problem = unfitness(key);
  if (problem !== undefined) throw new KeyManagerError('unsupported', `${transitKey}: ${problem}`);
  const usage = names.usageOf(externalKeyId);
  const as = { externalKeyId, usage, now: clock.now(), settlingMs };
  return { transitKey, description: descriptionOf(key, as) };
}
