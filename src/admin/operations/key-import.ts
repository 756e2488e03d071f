import { deleteImportedMaterial as deleteMaterial } from '../../external-keys/lifecycle/delete-material.js';
import { importMaterial } from '../../external-keys/lifecycle/import-material.js';
import { importParameters } from '../../external-keys/lifecycle/import-parameters.js';
import { askActs } from '../ask-acts.js';
import type { ChangedKey } from '../contract/keys.js';
import type { AnswerOf, RequestOf } from '../contract/route.js';
import type { Routes } from '../contract/routes.js';
import type { InForce } from '../in-force.js';
import { act, type OnKey } from './key-acts.js';
import { locateKey } from './locate-key.js';

/** Makes a wrapping key, and the token of one import under it. @throws AdminError */
export async function getImportParameters(
  inForce: InForce,
  { pathParameters: { externalKeyId }, query, body }: RequestOf<Routes['getImportParameters']>,
  by: string,
): Promise<AnswerOf<Routes['getImportParameters']>> {
  const acts = await locateKey(inForce, externalKeyId, query);
  const { name: keyManager } = acts.ports.keyManager;
  const made = await askActs(keyManager, () => importParameters(acts, externalKeyId, body, by));
  return {
    externalKeyId,
    keyManager,
    publicKey: made.publicKey.toString('base64'),
    importToken: made.importToken.toString('base64'),
    validTo: made.validTo.toISOString(),
  };
}

/** Imports wrapped material into a key. @throws AdminError */
export function importKeyMaterial(
  inForce: InForce,
  request: RequestOf<Routes['importKeyMaterial']>,
  by: string,
): Promise<ChangedKey> {
  const { encryptedKeyMaterial, importToken, validTo, newVersion, version } = request.body;
  const offered = {
    wrapped: Buffer.from(encryptedKeyMaterial, 'base64'),
    importToken: Buffer.from(importToken, 'base64'),
    expiresAt: validTo === undefined ? undefined : new Date(validTo),
    ...{ newVersion, version },
  };
  return act(inForce, request, (acts, id) => importMaterial(acts, id, offered, by));
}

/** Destroys all imported material of a key at once. @throws AdminError */
export function deleteImportedMaterial(
  inForce: InForce,
  request: OnKey,
  by: string,
): Promise<ChangedKey> {
  return act(inForce, request, (acts, id) => deleteMaterial(acts, id, by));
}
