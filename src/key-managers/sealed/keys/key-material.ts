import { createSecretKey, type KeyObject } from 'node:crypto';
import { open, seal } from '../../../sealing/seal.js';
import type { SealingKey } from '../../../sealing/master-key.js';
import type { RandomBytes } from '../../../shared/randomness.js';
import type { KeyVersion } from '../../backend.js';
import {
  bindingOf,
  DamagedDocumentError,
  type KeyDocument,
  type StoredVersion,
  type VersionName,
} from './key-document.js';

const MATERIAL_BYTES = 32;
const MATERIAL_NAME_BYTES = 8;

/** One version with its material, which is nowhere in memory but in the KeyObject. */
export interface VersionMaterial extends KeyVersion {
  readonly key: KeyObject;
}

/** A version that was just made, as it is stored and as it is used. */
export interface NewVersion {
  readonly stored: StoredVersion & { readonly material: string };
  readonly material: VersionMaterial;
}

/** The parameters of a new version. */
export interface VersionRequest {
  readonly version: number;
  /** The version that it follows in the document. None for the first. */
  readonly predecessor?: VersionName | undefined;
  readonly createdAt: Date;
  readonly randomBytes: RandomBytes;
}

/** Makes 256 bits of new material with a random name, and seals them to the key they are for. */
export async function makeVersion(
  sealingKey: SealingKey,
  document: Pick<KeyDocument, 'externalKeyId' | 'usage' | 'createdAt'>,
  { version, predecessor, createdAt, randomBytes }: VersionRequest,
): Promise<NewVersion> {
  const named = {
    version,
    materialName: randomBytes(MATERIAL_NAME_BYTES).toString('hex'),
    createdAt: createdAt.toISOString(),
  };
  const bytes = randomBytes(MATERIAL_BYTES);
  try {
    const sealed = await seal(sealingKey, bytes, bindingOf(document, named, predecessor));
    return {
      stored: { ...named, material: sealed },
      material: materialOf(named, createSecretKey(bytes)),
    };
  } finally {
    bytes.fill(0);
  }
}

/**
 * Opens every version of a document in its order, the old ones too: a key whose past cannot be
 * read, or is not the one that its versions were made after, is damaged. A version without
 * material is left out.
 *
 * @throws SealingError, or DamagedDocumentError for material that is not 32 bytes
 */
export async function openVersions(
  sealingKey: SealingKey,
  document: KeyDocument,
): Promise<VersionMaterial[]> {
  const opened: VersionMaterial[] = [];
  for (const [index, stored] of document.versions.entries()) {
    if (stored.material === undefined) continue;
    const binding = bindingOf(document, stored, document.versions[index - 1]);
    const bytes = await open(sealingKey, stored.material, binding);
    if (bytes.length !== MATERIAL_BYTES) {
      throw new DamagedDocumentError(`version ${stored.version} is not ${MATERIAL_BYTES} bytes`);
    }
    opened.push(materialOf(stored, createSecretKey(bytes)));
    bytes.fill(0);
  }
  return opened;
}

function materialOf(named: VersionName, key: KeyObject): VersionMaterial {
  return { version: named.version, materialName: Buffer.from(named.materialName, 'hex'), key };
}
