import { join } from 'node:path';
import type { AtomicWrite } from '../../../durable/atomic-write.js';
import { removeFile, replaceAndOverwrite } from '../../../durable/erase.js';
import { ifThere } from '../../../shared/errno.js';
import { access } from 'node:fs/promises';
import type { State } from '../../../state/state.js';
import { fileNameOf } from '../../counting/key-names.js';
import { LEFT_BEHIND } from '../folder/key-folder.js';
import type { PlacedKeys } from '../keys/placed-keys.js';
import { readKeyPlace } from '../state/key-places.js';
import { sealedKeysIn, StateNames } from '../state/sealed-keys.js';
import { told } from '../state/told-state.js';

/** The places where a move may have left documents of keys. */
export interface LeftoverPlaces {
  readonly keyManager: string;
  /** The key folder of the configuration; undefined where it names none. */
  readonly directory: string | undefined;
  /** The state that is open; undefined where none is. */
  readonly state: State | undefined;
  readonly writeFile: AtomicWrite;
}

/**
 * Erases what a move has left of a key where it was before. Of a key that is still there, the state
 * store gets the document as it is now, so that the keys can move back.
 *
 * @param keys the keys where they are now
 * @throws the file system's error, KeyManagerError of the state
 */
export async function eraseLeftovers(
  externalKeyId: string,
  keys: PlacedKeys,
  { keyManager, directory, state, writeFile }: LeftoverPlaces,
): Promise<void> {
  if (directory !== undefined) {
    const path = join(directory, LEFT_BEHIND, fileNameOf(externalKeyId));
    if ((await ifThere(access(path).then(() => true))) === true) {
      await replaceAndOverwrite(path, '', writeFile);
      await removeFile(path);
    }
  }
  if (state === undefined || readKeyPlace(state, keyManager)?.kind !== 'left') return;
  const documents = sealedKeysIn(state);
  const name = new StateNames(keyManager).document(externalKeyId);
  const left = documents.get(name);
  if (left?.kind !== 'value' || left.value.read().externalKeyId !== externalKeyId) return;
  const now = keys.ring.find(externalKeyId)?.written.document;
  if (now === undefined) await told(documents.remove(name, left.revision));
  else await told(documents.put(name, now, left.revision));
  await told(state.rewriteLastCopy());
}
