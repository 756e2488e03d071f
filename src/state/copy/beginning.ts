import { StateError } from '../errors.js';
import type { HistoryMark, StateStore } from '../store.js';
import type { CopyPorts } from './copy-ports.js';
import { lossOf } from './history.js';
import type { CopyContents } from './last-copy.js';
import type { OwnDisk } from './own-disk.js';

/** The store, or the last copy, from which a copy begins. */
export interface Beginning {
  /** The store, where it could be reached. */
  readonly store?: StateStore;
  /** The last copy, where it could not. */
  readonly lastCopy?: CopyContents;
  /** The place up to which this replica has followed the store; its last copy may be older. */
  readonly followed?: HistoryMark | undefined;
}

/**
 * Opens the store, or the last copy where that is allowed and the store cannot be reached.
 *
 * @throws StateError
 */
export async function openOrLastCopy(
  ports: CopyPorts,
  disk: OwnDisk,
): Promise<Beginning & ({ readonly store: StateStore } | { readonly lastCopy: CopyContents })> {
  try {
    return { store: await ports.open() };
  } catch (error) {
    if (!(error instanceof StateError) || error.code !== 'unavailable') throw error;
    const lastCopy = await disk.readLastCopy();
    if (lastCopy === undefined) throw error;
    const followed = await disk.readMark();
    assertSameStore(lastCopy, followed);
    ports.log.error(
      { err: error, savedAt: lastCopy.savedAt.toISOString() },
      'the state store cannot be reached: started from the last copy, to decrypt only',
    );
    return { lastCopy, followed };
  }
}

/**
 * Compares a store with the place up to which this replica has followed one.
 *
 * @returns what the store has lost of it; undefined where it has lost nothing
 * @throws StateError `gone-back` for another store, unless that may take its place
 */
export async function lossSince(
  followed: HistoryMark,
  store: StateStore,
  { acceptsNewStore }: Pick<CopyPorts, 'acceptsNewStore'>,
): Promise<string | undefined> {
  const { mark, tokenThen } = await store.changesSince(followed.revision);
  const lost = lossOf(followed, mark, tokenThen);
  if (lost === undefined || mark.storeId === followed.storeId) return lost;
  if (acceptsNewStore) return undefined;
  const told = `${lost}. If that one is lost for good, start once with --init state.`;
  throw new StateError('gone-back', told);
}

/** @throws StateError `damaged` for a copy of another store than the one that was followed */
function assertSameStore({ mark }: CopyContents, followed: HistoryMark | undefined): void {
  if (followed === undefined || followed.storeId === mark.storeId) return;
  const told = `the last copy is of the state store ${mark.storeId}, and this replica has followed`;
  throw new StateError('damaged', `${told} ${followed.storeId}`);
}
