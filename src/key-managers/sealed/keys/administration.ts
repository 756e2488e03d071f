import type { KeyAdministration, KeyMakingAdministration, MaterialImport } from '../../backend.js';
import type { ExternalKey } from './external-key.js';
import { destruction, rotation } from './key-acts.js';
import type { KeyRing } from './key-ring.js';
import { damagedSummaryOf, summaryOf } from './key-summary.js';
import { IMPORT_WAYS, importMaterial } from './material-import.js';
import type { WrappingKeys } from './wrapping-keys.js';

/** The administration of sealed keys. */
export type SealedAdministration = KeyMakingAdministration &
  Required<
    Pick<
      KeyAdministration,
      | 'listingGap'
      | 'takenIds'
      | 'masterKeyIdOf'
      | 'summarizeKey'
      | 'rotateKey'
      | 'destroyVersion'
      | 'destroyKey'
    >
  > & { readonly materialImport: MaterialImport };

/** The parts of the administration of sealed keys. */
export interface AdministrationPorts {
  readonly ring: KeyRing;
  readonly wrappingKeys: WrappingKeys;
  /** Says why keys of others may be missing; absent where nobody else makes any. */
  readonly listingGap?: SealedAdministration['listingGap'];
  /**
   * Reads the encryptions that all replicas may have made under some materials, by their names;
   * absent where this process makes all of them.
   */
  readonly counts?: (materialNames: readonly string[]) => Promise<ReadonlyMap<string, number>>;
}

/** Makes the administration of sealed keys. */
export function administrationOf(parts: AdministrationPorts): SealedAdministration {
  const { ring, wrappingKeys, listingGap = () => undefined, counts } = parts;
  const told = async (key: ExternalKey) => {
    await ring.whenSettled(key);
    return summaryOf(key);
  };
  return {
    countsEncryptions: true,
    listingGap,
    async listKeys() {
      return [
        ...[...ring.keys].map((key) => summaryOf(key)),
        ...[...ring.damaged].map(damagedSummaryOf),
      ];
    },
    takenIds: () => Promise.resolve([...ring.keys].map(({ externalKeyId }) => externalKeyId)),
    masterKeyIdOf: (externalKeyId) => Promise.resolve(ring.find(externalKeyId)?.sealingKey.id),
    async summarizeKey(externalKeyId) {
      const key = ring.find(externalKeyId);
      if (key === undefined) {
        const damaged = [...ring.damaged].find((each) => each.externalKeyId === externalKeyId);
        return damaged && damagedSummaryOf(damaged);
      }
      if (counts === undefined) return summaryOf(key);
      const { versions } = key.written.document.read();
      return summaryOf(key, await counts(versions.map(({ materialName }) => materialName)));
    },
    async createKey(externalKeyId, usage, origin = 'generated') {
      return summaryOf(await ring.create({ externalKeyId, usage, origin }));
    },
    async rotateKey(externalKeyId, from) {
      const key = await ring.known(externalKeyId);
      await key.changes.change(rotation(from));
      return told(key);
    },
    async destroyVersion(externalKeyId, version) {
      const key = await ring.knownIfThere(externalKeyId);
      if (key === undefined) return;
      await key.changes.change(destruction(version));
      await ring.assertErased(key, version);
    },
    destroyKey: (externalKeyId) => ring.destroy(externalKeyId),
    materialImport: {
      ways: IMPORT_WAYS,
      createWrappingKey: (way) => wrappingKeys.create(way),
      async importKeyMaterial(externalKeyId, material) {
        const key = await ring.known(externalKeyId);
        await importMaterial(key, material, wrappingKeys);
        return told(key);
      },
      destroyWrappingKey: (wrappingKeyId) => wrappingKeys.destroy(wrappingKeyId),
      destroyOldWrappingKeys: () => wrappingKeys.destroyOld(),
    },
  };
}
