import { SealingError } from '../../../sealing/errors.js';
import type { MasterKey } from '../../../sealing/master-key.js';
import { DEFAULT_SCRYPT_COST, type ScryptParameters } from '../../../sealing/scrypt-parameters.js';

/** Replicas that begin at once have a salt each; nobody else makes one. */
const MAX_SALTS = 16;

/**
 * Bounds what documents in the state store can make a master key derive. They are not believed
 * before they are opened, and each passphrase's salt costs a third of a second and 128 MiB: whoever
 * can write to the database could keep every replica at that.
 */
export function boundedMasterKey(masterKey: MasterKey): MasterKey {
  const salts = new Set<string>();
  return {
    name: masterKey.name,
    create: () => masterKey.create(),
    derive: async (parameters) => {
      if (parameters !== undefined) assertBounded(parameters, salts);
      return masterKey.derive(parameters);
    },
  };
}

function assertBounded({ salt, N }: ScryptParameters, salts: Set<string>): void {
  if (N > DEFAULT_SCRYPT_COST.N) {
    throw new SealingError(
      'wrong-master-key',
      `asks for scrypt with N = ${N}, and Holdfast seals with ${DEFAULT_SCRYPT_COST.N}; nothing ` +
        'costlier is tried',
    );
  }
  if (!salts.has(salt) && salts.size === MAX_SALTS) {
    throw new SealingError(
      'wrong-master-key',
      `names a salt of its own, and ${MAX_SALTS} others were tried since the start; no more are. ` +
        'Remove the documents that nobody made, and start again',
    );
  }
  salts.add(salt);
}
