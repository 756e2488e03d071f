import type { KeyVersion, Witness } from '../../key-managers/backend.js';
import { untraced } from '../../key-managers/key-manager.js';
import { Deadline } from '../../shared/deadline.js';
import type { StoredWitness } from '../imported.js';
import type { LifecyclePorts } from './lifecycle-ports.js';

const PLAINTEXT_BYTES = 32;
/** Time for the encryption of a witness. */
const BUDGET_MS = 10_000;

/**
 * Encrypts random bytes under imported material, so that the same material is known again.
 *
 * @throws KeyManagerError
 */
export async function makeWitness(
  { keyManager, clock, randomBytes }: LifecyclePorts,
  externalKeyId: string,
  version: KeyVersion,
): Promise<StoredWitness> {
  const plaintext = randomBytes(PLAINTEXT_BYTES);
  // Bound to what it is for, so that none can be taken from one version to another.
  const aad = Buffer.from(`holdfast import witness ${externalKeyId} ${version.version}`);
  const ref = { externalKeyId, version };
  const call = untraced(Deadline.after(clock, BUDGET_MS));
  const { iv, ciphertext, tag } = await keyManager.encrypt(ref, plaintext, aad, call);
  return {
    iv: iv.toString('base64'),
    ciphertext: ciphertext.toString('base64'),
    tag: tag.toString('base64'),
    aad: aad.toString('base64'),
    plaintext: plaintext.toString('base64'),
  };
}

/** The witness of a record as a key manager takes it. */
export function witnessOf(witness: StoredWitness): Witness {
  const bytes = (base64: string) => Buffer.from(base64, 'base64');
  return {
    sealed: {
      iv: bytes(witness.iv),
      ciphertext: bytes(witness.ciphertext),
      tag: bytes(witness.tag),
    },
    aad: bytes(witness.aad),
    plaintext: bytes(witness.plaintext),
  };
}
