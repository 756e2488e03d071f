import { join } from 'node:path';
import type { AtomicWrite } from '../../../durable/atomic-write.js';
import { removeFile, replaceAndOverwrite } from '../../../durable/erase.js';
import { ifThere } from '../../../shared/errno.js';
import { access, readFile } from 'node:fs/promises';
import type { OperatorLog } from '../../../shared/operator-log.js';
import type { StateDocument } from '../../../state/collection.js';
import type { State } from '../../../state/state.js';
import { fileNameOf, lowercasedIdOf } from '../../counting/key-names.js';
import { documentNamesIn, LEFT_BEHIND } from '../folder/key-folder.js';
import { DamagedDocumentError, type KeyDocument, parseKeyDocument } from '../keys/key-document.js';
import type { KeptDocument } from '../keys/kept-document.js';
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
    if ((await ifThere(access(path).then(() => true))) === true) await erase(path, writeFile);
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

/**
 * Erases what keys have left in a folder when others destroy them, or versions of them: what was
 * destroyed before, now; the rest when it comes.
 *
 * @returns ends it
 */
export function followDestructions(places: LeftoverPlaces, log: OperatorLog): () => void {
  const { keyManager, directory, state, writeFile } = places;
  if (directory === undefined || state === undefined) return () => undefined;
  const names = new StateNames(keyManager);
  const documents = sealedKeysIn(state);
  let line = Promise.resolve();
  const follow = (work: () => Promise<void>) => {
    line = line.then(work).catch((error: unknown) => {
      const message =
        'what was destroyed may be left in the folder that the keys have moved out of';
      log.error({ directory, err: error }, message);
    });
  };
  const look = async (isMeant: (lowercasedId: string | undefined) => boolean) => {
    const aside = join(directory, LEFT_BEHIND);
    for (const name of (await ifThere(documentNamesIn(aside))) ?? []) {
      const left = isMeant(lowercasedIdOf(name)) ? await leftDocument(aside, name) : undefined;
      if (left === undefined) continue;
      const now = documents.get(names.document(left.externalKeyId));
      if (hasLost(now, left)) await erase(join(aside, name), writeFile);
    }
  };
  follow(() => look(() => true));
  return documents.watch((document) => {
    if (!document.id.startsWith(names.prefix) || !lacksMaterial(document)) return;
    const id = document.id.slice(names.prefix.length);
    follow(() => look((each) => each === id));
  });
}

/** Only then something can have been destroyed. */
function lacksMaterial(document: StateDocument<KeptDocument>): boolean {
  if (document.kind !== 'value') return document.kind === 'removed';
  return document.value.read().versions.some(({ material }) => material === undefined);
}

/** @returns undefined for one that is not there any more, or cannot be read */
async function leftDocument(folder: string, name: string): Promise<KeyDocument | undefined> {
  const text = await ifThere(readFile(join(folder, name), 'utf8'));
  try {
    return text === undefined ? undefined : parseKeyDocument(name, text);
  } catch (error) {
    if (error instanceof DamagedDocumentError) return undefined;
    throw error;
  }
}

/**
 * Tells whether a key was destroyed since, or a version of it. What the store does not know was not
 * destroyed: this may be the only copy.
 */
function hasLost(now: StateDocument<KeptDocument> | undefined, left: KeyDocument): boolean {
  if (now?.kind !== 'value') return now?.kind === 'removed';
  const destroyed = new Set(
    now.value
      .read()
      .versions.flatMap(({ materialName, material }) =>
        material === undefined ? [materialName] : [],
      ),
  );
  return left.versions.some(
    ({ materialName, material }) => material !== undefined && destroyed.has(materialName),
  );
}

async function erase(path: string, writeFile: AtomicWrite): Promise<void> {
  await replaceAndOverwrite(path, '', writeFile);
  await removeFile(path);
}
