import type { DestroyedDocument } from './destroyed-document.js';
import type { DestroyedKey } from '../keys/place.js';
import type { KeyFolder } from './key-folder.js';

/** Notes that the id and the numbers of a key were taken, and removes what is left of it. */
export async function finishDestruction(
  folder: KeyFolder,
  { externalKeyId, destroyedAt }: DestroyedDocument,
): Promise<void> {
  const counter = await folder.readCounter(externalKeyId);
  const none = {
    format: 1,
    externalKeyId,
    version: 1,
    materialName: NO_NAME,
    reserved: 0,
  } as const;
  await folder.writeCounter({ ...(counter ?? none), destroyedAt });
  await folder.removeDocument(externalKeyId);
}

/** Lists the keys that were destroyed in a folder. */
export async function destroyedKeysIn(folder: KeyFolder): Promise<readonly DestroyedKey[]> {
  const destroyed: DestroyedKey[] = [];
  for (const fileName of await folder.orphanedCounterNames()) {
    const key = await folder.destroyedKey(fileName);
    if (key !== undefined) destroyed.push(key);
  }
  return destroyed;
}

/** The name in the count of a key that never had a version. */
const NO_NAME = '0000000000000000';
