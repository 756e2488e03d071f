import { createSecretKey, type KeyObject } from 'node:crypto';
import {
  type ImportWay,
  KeyManagerError,
  type Witness,
  type WrappedMaterial,
} from '../../backend.js';
import { decryptAesGcm } from './aes-gcm.js';
import type { ExternalKey } from './external-key.js';
import { arrival } from './key-acts.js';
import { unwrapMaterial } from './unwrap-material.js';
import type { WrappingKeys } from './wrapping-keys.js';

/** Every way that KMS has for a symmetric key, but for those with SHA-1. */
export const IMPORT_WAYS: readonly ImportWay[] = (
  ['RSAES_OAEP_SHA_256', 'RSA_AES_KEY_WRAP_SHA_256'] as const
).flatMap((wrappingAlgorithm) =>
  (['RSA_2048', 'RSA_3072', 'RSA_4096'] as const).map((wrappingKeySpec) => ({
    wrappingAlgorithm,
    wrappingKeySpec,
  })),
);

/**
 * Imports material into a key. The version that has it already is left as it is, also when the
 * wrapping key is gone by now.
 *
 * @throws KeyManagerError `rejected`, `conflict`, `unsupported`; the error of the place
 */
export async function importMaterial(
  key: ExternalKey,
  wrapped: WrappedMaterial,
  wrappingKeys: WrappingKeys,
): Promise<void> {
  if (!key.isImported) {
    throw new KeyManagerError(
      'conflict',
      `the material of ${key.externalKeyId} is generated: none is imported into it`,
    );
  }
  const { versions } = key.written.document.read();
  const there = versions.find(({ version }) => version === wrapped.version);
  if (there?.material !== undefined) return;
  const bytes = unwrapMaterial(await wrappingKeys.open(wrapped.wrappingKeyId), wrapped);
  let material: KeyObject;
  try {
    material = createSecretKey(bytes);
  } finally {
    bytes.fill(0);
  }
  if (wrapped.witness !== undefined) assertWitness(material, wrapped.witness, key.externalKeyId);
  const { version, waits } = wrapped;
  await key.changes.change(arrival({ version, waits, key: material }));
}

/** @throws KeyManagerError `conflict` */
function assertWitness(key: KeyObject, { sealed, aad, plaintext }: Witness, id: string): void {
  let opened: Buffer | undefined;
  try {
    opened = decryptAesGcm(key, sealed, aad);
    if (opened.equals(plaintext)) return;
  } catch (error) {
    if (!(error instanceof KeyManagerError)) throw error;
  } finally {
    opened?.fill(0);
  }
  throw new KeyManagerError(
    'conflict',
    `this is not the material that ${id} had: only the same is taken`,
  );
}
