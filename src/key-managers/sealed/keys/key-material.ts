import { createSecretKey, type KeyObject } from 'node:crypto';
import { open, seal } from '../../../sealing/seal.js';
import type { SealingKey } from '../../../sealing/master-key.js';
import type { RandomBytes } from '../../../shared/randomness.js';
import type { KeyVersion } from '../../backend.js';
import {
  bindingOf,
  DamagedDocumentError,
  headOf,
  type KeyDocument,
  keyDocumentOf,
  type KeyHead,
  sealBindingOf,
  type StoredVersion,
  type VersionName,
} from './key-document.js';

/** The size of a key's material. */
export const MATERIAL_BYTES = 32;
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
  head: KeyHead,
  { version, predecessor, createdAt, randomBytes }: VersionRequest,
): Promise<NewVersion> {
  const named = {
    version,
    materialName: newMaterialName(randomBytes),
    createdAt: createdAt.toISOString(),
  };
  const bytes = randomBytes(MATERIAL_BYTES);
  try {
    return await sealVersion(sealingKey, head, { named, predecessor, key: createSecretKey(bytes) });
  } finally {
    bytes.fill(0);
  }
}

/** Makes a random name of material, in hexadecimal. */
export function newMaterialName(randomBytes: RandomBytes): string {
  return randomBytes(MATERIAL_NAME_BYTES).toString('hex');
}

/** Material that is there, and the version that it is for. */
export interface MaterialToSeal {
  readonly named: Omit<StoredVersion, 'material'>;
  readonly predecessor: VersionName | undefined;
  readonly key: KeyObject;
}

/** Seals material to the key and the version that it is for. */
export async function sealVersion(
  sealingKey: SealingKey,
  head: KeyHead,
  { named, predecessor, key }: MaterialToSeal,
): Promise<NewVersion> {
  const bytes = key.export();
  try {
    const material = await seal(sealingKey, bytes, bindingOf(head, named, predecessor));
    return { stored: { ...named, material }, material: materialOf(named, key) };
  } finally {
    bytes.fill(0);
  }
}

/** Makes the document of a key with these versions. */
export function sealDocument(
  sealingKey: SealingKey,
  head: KeyHead,
  versions: readonly StoredVersion[],
): Promise<KeyDocument> {
  return keyDocumentOf(head, versions, (binding) => seal(sealingKey, Buffer.alloc(0), binding));
}

/**
 * Opens every version of a document in its order, the old ones too: a key whose past cannot be
 * read, or is not the one that its versions were made after, is damaged. A version without
 * material is left out; the seal of a document that may have one must open.
 *
 * @throws SealingError, or DamagedDocumentError for material that is not 32 bytes
 */
export async function openVersions(
  sealingKey: SealingKey,
  document: KeyDocument,
): Promise<VersionMaterial[]> {
  const head = headOf(document);
  const opened: VersionMaterial[] = [];
  for (const [index, stored] of document.versions.entries()) {
    if (stored.material === undefined) continue;
    const binding = bindingOf(head, stored, document.versions[index - 1]);
    const bytes = await open(sealingKey, stored.material, binding);
    if (bytes.length !== MATERIAL_BYTES) {
      throw new DamagedDocumentError(`version ${stored.version} is not ${MATERIAL_BYTES} bytes`);
    }
    opened.push(materialOf(stored, createSecretKey(bytes)));
    bytes.fill(0);
  }
  await assertSealed(sealingKey, document);
  return opened;
}

/** A version can be without material because somebody took it away who has no master key. */
async function assertSealed(sealingKey: SealingKey, document: KeyDocument): Promise<void> {
  if (document.format === 1) return;
  if (document.seal === undefined) {
    throw new DamagedDocumentError('it has no seal that tells which versions have no material');
  }
  await open(sealingKey, document.seal, sealBindingOf(headOf(document), document.versions));
}

function materialOf(named: VersionName, key: KeyObject): VersionMaterial {
  return { version: named.version, materialName: Buffer.from(named.materialName, 'hex'), key };
}
