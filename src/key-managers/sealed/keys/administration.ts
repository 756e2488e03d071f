import {
  HEALTH_TEST_KEY_ID,
  type KeyMakingAdministration,
  type KeySummary,
} from '../../backend.js';
import type { ExternalKey } from './external-key.js';
import { type DamagedKey, damagedDescription } from './damaged-key.js';
import type { KeyRing } from './key-ring.js';

/** The administration of sealed keys. */
export function administrationOf(ring: KeyRing): KeyMakingAdministration {
  return {
    countsEncryptions: true,
    async listKeys() {
      const summaries = [
        ...[...ring.keys].map(summaryOf),
        ...[...ring.damaged].map(damagedSummaryOf),
      ].filter(({ description }) => description.externalKeyId !== HEALTH_TEST_KEY_ID);
      return summaries.sort(byExternalKeyId);
    },
    async createKey(externalKeyId, usage) {
      return summaryOf(await ring.create(externalKeyId, usage));
    },
  };
}

function summaryOf(key: ExternalKey): KeySummary {
  return {
    description: key.description,
    createdAt: key.createdAt,
    encryptionsLeft: key.encryptionsLeft,
  };
}

function damagedSummaryOf({ externalKeyId, problem }: DamagedKey): KeySummary {
  return { description: damagedDescription(externalKeyId), problem };
}

function byExternalKeyId(a: KeySummary, b: KeySummary): number {
  return a.description.externalKeyId < b.description.externalKeyId ? -1 : 1;
}
