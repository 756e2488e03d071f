import type { KeySummary } from '../../key-managers/backend.js';
import type { Key } from '../contract/keys.js';
import type { InForce } from '../in-force.js';

/**
 * An external key in the contract's words.
 *
 * @param keyManager name of the one that holds the key
 */
export function toKey({ keyStores }: InForce, keyManager: string, summary: KeySummary): Key {
  const { description, createdAt, encryptionsLeft, problem } = summary;
  const { externalKeyId, enabled } = description;
  return {
    externalKeyId,
    keyManager,
    keyStores: keyStores.keyStores
      .filter((keyStore) => keyStore.keyManager === keyManager && keyStore.exposes(externalKeyId))
      .map(({ name }) => name),
    usage: (['ENCRYPT', 'DECRYPT'] as const).filter((usage) => description.usage.has(usage)),
    enabled,
    problem,
    currentVersion: description.current?.version,
    versions: [...description.versions.values()].map(({ version, materialName }) => ({
      version,
      materialName: materialName.toString('hex'),
    })),
    createdAt: createdAt?.toISOString(),
    encryptionsLeft,
  };
}
