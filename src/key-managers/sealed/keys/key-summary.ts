import type { KeySummary, VersionSummary } from '../../backend.js';
import { type DamagedKey, damagedDescription } from './damaged-key.js';
import type { ExternalKey } from './external-key.js';
import type { StoredVersion } from './key-document.js';

/**
 * Describes a key for an administrator.
 *
 * @param counts of the encryptions of all replicas, by the names of material; of what is not in it,
 *   this replica's own count is told
 */
export function summaryOf(
  key: ExternalKey,
  counts: ReadonlyMap<string, number> = new Map(),
): KeySummary {
  const { versions } = key.written.document.read();
  const problem = problemOf(key);
  return {
    description: key.describe(),
    createdAt: key.createdAt,
    encryptionsLeft: key.encryptionsLeft,
    ...(!key.mayRenew && { encryptionLimit: key.perVersion }),
    ...(problem !== undefined && { problem }),
    origin: key.isImported ? 'external' : 'generated',
    versions: versions.map((stored) => versionOf(stored, key, counts)),
  };
}

/** Describes a key whose document cannot be trusted. */
export function damagedSummaryOf({ externalKeyId, problem }: DamagedKey): KeySummary {
  return { description: damagedDescription(externalKeyId), problem };
}

function versionOf(
  stored: StoredVersion,
  key: ExternalKey,
  counts: ReadonlyMap<string, number>,
): VersionSummary {
  const { version, materialName, createdAt, material, waits } = stored;
  const encryptions = counts.get(materialName) ?? key.encryptionsOf(version);
  return {
    version,
    materialName: Buffer.from(materialName, 'hex'),
    createdAt: new Date(createdAt),
    ...(encryptions !== undefined && { encryptions }),
    material: material === undefined ? 'absent' : waits ? 'waiting' : 'present',
  };
}

function problemOf(key: ExternalKey): string | undefined {
  if (!key.isExhausted) return undefined;
  const why =
    'its material has made all the encryptions that it may, or nobody knows how many it has made';
  return key.isImported
    ? `it encrypts no more: ${why}. Import further material and rotate the key to it`
    : `it encrypts no more: ${why}. It gets new material by itself when it is in use again, and at once by a rotation`;
}
