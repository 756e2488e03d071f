import type { KeyDescription, KeyVersion } from '../key-managers/backend.js';
import type { KeyStanding } from './standing.js';

/** The part of a key's standing that says which version encrypts. */
type StandingOfVersions = Pick<KeyStanding, 'retired'> & {
  readonly waiting?: number | undefined;
};

/**
 * Finds the version that encrypts: not one that waits for a rotation, though its key manager has no
 * such thing and encrypts with the newest. For one that is retired a newer one steps in, which its
 * key manager may still let settle.
 */
export function encryptingVersion(
  { current, versions }: Pick<KeyDescription, 'current' | 'versions'>,
  { waiting = Infinity, retired }: StandingOfVersions,
): KeyVersion | undefined {
  if (current === undefined) return undefined;
  const chosen = current.version < waiting ? current : newest(versions, 0, waiting);
  if (chosen === undefined || retired?.has(chosen.version) !== true) return chosen;
  const newer = newest(versions, chosen.version, waiting);
  return newer === undefined || retired.has(newer.version) ? chosen : newer;
}

/** The newest version between two numbers. */
function newest(
  versions: ReadonlyMap<number, KeyVersion>,
  after: number,
  before: number,
): KeyVersion | undefined {
  return [...versions.values()]
    .filter(({ version }) => version > after && version < before)
    .sort((a, b) => a.version - b.version)
    .at(-1);
}
