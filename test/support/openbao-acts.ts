import { randomBytes, randomUUID } from 'node:crypto';
import type {
  KeySummary,
  MaterialImport,
  WrappedMaterial,
} from '../../src/key-managers/backend.js';
import type { VaultKeyManager } from '../../src/key-managers/vault/create.js';
import { BOTH } from './openbao-key-manager.js';
import { wrappedByAes } from './wrapped-material.js';

/** The one way in which Transit unwraps. */
export const WAY = {
  wrappingAlgorithm: 'RSA_AES_KEY_WRAP_SHA_256',
  wrappingKeySpec: 'RSA_4096',
} as const;

/** Makes a key with a number of versions. @returns its external key id */
export async function madeKey({ administration }: VaultKeyManager, versions = 1): Promise<string> {
  const externalKeyId = `life-${randomUUID()}`;
  await administration.createKey(externalKeyId, BOTH);
  for (let from = 1; from < versions; from += 1) {
    await administration.rotateKey?.(externalKeyId, from);
  }
  return externalKeyId;
}

/** Imports a key of random material. @returns its external key id */
export async function importedKey(manager: VaultKeyManager): Promise<string> {
  const externalKeyId = `life-${randomUUID()}`;
  await manager.administration.createKey(externalKeyId, BOTH, 'external');
  await importOf(manager).importKeyMaterial(externalKeyId, await wrapped(manager));
  return externalKeyId;
}

/** Wraps material for version 1. @param wrap another way to wrap than Transit's */
export async function wrapped(
  manager: VaultKeyManager,
  material = randomBytes(32),
  wrap: (material: Buffer, spki: Buffer) => Buffer = wrappedByAes,
): Promise<WrappedMaterial> {
  const { wrappingKeyId, publicKey } = await importOf(manager).createWrappingKey(WAY);
  const wrappedBytes = wrap(material, publicKey);
  return { way: WAY, wrappingKeyId, wrapped: wrappedBytes, version: 1, waits: false };
}

/** The import of a key manager that has it. */
export function importOf({ administration }: VaultKeyManager): MaterialImport {
  const { materialImport } = administration;
  if (materialImport !== undefined) return materialImport;
  throw new Error('the key manager imports nothing');
}

/** The versions of a key and what is known of their material. */
export function versionsOf(summary: KeySummary | undefined): readonly string[] {
  return (summary?.versions ?? []).map(({ version, material }) => `${version} ${material}`);
}
