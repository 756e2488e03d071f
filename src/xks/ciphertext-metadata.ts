import type { KeyVersion } from '../shared/key-material.js';

/** The most that the specification allows, for any vendor's metadata. */
export const MAX_METADATA_BYTES = 20;

const FORMAT = 0x01;
const MATERIAL_NAME_OFFSET = 5;
const METADATA_BYTES = 13;

/**
 * Writes the 13 bytes that every ciphertext carries: format 0x01, version (uint32 big-endian),
 * material name (8 bytes). Ciphertexts live for ever, and so does this layout.
 *
 * @see docs/adr/0002-ciphertext-metadata.md
 */
export function encodeCiphertextMetadata(material: KeyVersion): Buffer {
  const bytes = Buffer.allocUnsafe(METADATA_BYTES);
  bytes.writeUInt8(FORMAT, 0);
  bytes.writeUInt32BE(material.version, 1);
  bytes.set(material.materialName, MATERIAL_NAME_OFFSET);
  return bytes;
}

/** @returns `undefined` for bytes that this layout does not explain: another proxy's, or none */
export function decodeCiphertextMetadata(bytes: Buffer): KeyVersion | undefined {
  if (bytes.length !== METADATA_BYTES || bytes.readUInt8(0) !== FORMAT) return undefined;
  return { version: bytes.readUInt32BE(1), materialName: bytes.subarray(MATERIAL_NAME_OFFSET) };
}
