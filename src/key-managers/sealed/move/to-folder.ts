import { isDeepStrictEqual } from 'node:util';
import { makePrivateFolder } from '../../../durable/private.js';
import { KeyManagerError } from '../../backend.js';
import { type CounterFile, countsOf, withReserved } from '../../counting/counter-file.js';
import { fileNameOf } from '../../counting/key-names.js';
import { destroyedKeysIn, finishDestruction } from '../folder/finish-destruction.js';
import { KeyFolder } from '../folder/key-folder.js';
import { WrappingKeyFiles } from '../folder/wrapping-key-files.js';
import { copyWrappingKeys } from '../keys/wrapping-keys.js';
import { type KeyDocument, renderKeyDocument } from '../keys/key-document.js';
import {
  type FolderMark,
  readFolderMark,
  removeFolderMark,
  writeFolderMark,
} from './folder-mark.js';
import { readKeyPlace, writeKeyPlace } from '../state/key-places.js';
import { WrappingKeysInState, type WrappingKeysPorts } from '../state/wrapping-keys.js';
import { lowercasedIdsOf } from '../keys/place.js';
import type { PlacedKeys } from '../keys/placed-keys.js';
import { someAtOnce } from '../keys/some-at-once.js';
import { destroyedKeysOf, type MovePorts, type MoveWay, nowOf, refreshed } from './way.js';

/**
 * Clears up after keys have come to a folder: wrapping keys, which nobody would destroy in the
 * state store later, are removed there, and then the folder's mark.
 *
 * @throws KeyManagerError of the state, the file system's error
 */
export async function finishArrivalIn(directory: string, store: WrappingKeysPorts): Promise<void> {
  const left = new WrappingKeysInState(store);
  for (const { wrappingKeyId } of await left.list()) await left.remove(wrappingKeyId);
  await removeFolderMark(directory);
}

/** The way out of the state store, into a folder of this replica. */
export class ToFolder implements MoveWay {
  readonly #way: MovePorts;
  #move: string;
  /** The revision of the note that the keys are leaving; undefined before it is written. */
  #heldAt: number | undefined;

  constructor(way: MovePorts) {
    this.#way = way;
    this.#move = way.move;
  }

  get place(): string {
    return this.#way.directory;
  }

  async copy(source: PlacedKeys): Promise<void> {
    const { directory, writeFile } = this.#way;
    await refreshed(this.#way);
    // What another replica has written moments ago is in memory, too.
    await source.gate.caughtUp();
    this.#assertAlone();
    await makePrivateFolder(directory);
    const folder = await KeyFolder.open(directory, writeFile);
    try {
      await this.#assertFree(folder);
      await writeFolderMark(directory, this.#mark(), writeFile);
      const counts = await source.counts();
      await this.#removeOthers(folder, source);
      await someAtOnce(source.ring.keys, async ({ written }) => {
        const document = written.document.read();
        await this.#put(folder, document);
        await this.#count(folder, document, counts);
      });
      await this.#carryDestroyed(folder, source);
      await copyWrappingKeys(source.gate.wrappingKeys, new WrappingKeyFiles(folder));
    } finally {
      await folder.close();
    }
  }

  open(): Promise<PlacedKeys> {
    return this.#way.open();
  }

  async hold(): Promise<void> {
    const { state, keyManager, directory: to, moves } = this.#way;
    const replica = this.#assertAlone();
    const move = this.#move;
    moves.begin(move);
    if (replica === undefined) return;
    const leaving = { kind: 'leaving', move, at: nowOf(this.#way), to, replica } as const;
    this.#heldAt = await writeKeyPlace(state, keyManager, leaving);
  }

  async leave(): Promise<void> {
    const { state, keyManager, directory: to } = this.#way;
    await refreshed(this.#way);
    this.#assertAlone();
    const left = { kind: 'left', move: this.#move, at: nowOf(this.#way), to } as const;
    await writeKeyPlace(state, keyManager, left, this.#heldAt);
  }

  async abandon(): Promise<void> {
    const { state, keyManager, moves } = this.#way;
    const move = this.#move;
    moves.giveUp(move);
    const place = readKeyPlace(state, keyManager);
    if (place?.kind !== 'leaving' || place.move !== move) return;
    await writeKeyPlace(state, keyManager, { kind: 'here', move, at: nowOf(this.#way) });
  }

  async hasLeft(): Promise<boolean> {
    await refreshed(this.#way);
    const place = readKeyPlace(this.#way.state, this.#way.keyManager);
    return place?.kind === 'left' && place.move === this.#move;
  }

  finish(): Promise<void> {
    const { state, keyManager, directory, ports } = this.#way;
    return finishArrivalIn(directory, { state, keyManager, clock: ports.clock });
  }

  /**
   * Checks that no other replica serves these keys.
   *
   * @returns the id of this one; undefined where there can be no other
   * @throws KeyManagerError `conflict`; `unreachable` where this one may be the other itself
   */
  #assertAlone(): string | undefined {
    const { state } = this.#way;
    if (!state.isShared) return undefined;
    const { leases } = state.standing;
    const [own] = leases;
    if (!state.isInStep || own === undefined) {
      throw new KeyManagerError('unreachable', 'this replica is not in step with the state store');
    }
    if (leases.length === 1) return own.replica;
    const names = leases.map(({ name }) => name).join(', ');
    throw new KeyManagerError(
      'conflict',
      `a folder has the keys for one replica alone, and several live: ${names}. Stop the others first`,
    );
  }

  /** @throws KeyManagerError `conflict` for a folder with other documents */
  async #assertFree(folder: KeyFolder): Promise<void> {
    const { directory, state, keyManager } = this.#way;
    const mark = await readFolderMark(directory);
    const isOurs =
      mark?.kind === 'arriving' && mark.storeId === state.storeId && mark.keyManager === keyManager;
    if (isOurs) this.#move = mark.move;
    const names = await folder.documentNames();
    if (isOurs || (mark === undefined && names.length === 0)) return;
    throw new KeyManagerError(
      'conflict',
      mark === undefined
        ? `${directory} has key documents already; name an empty folder`
        : `${directory} is a folder that other keys have left or move into; name an empty folder`,
    );
  }

  async #put(folder: KeyFolder, document: KeyDocument): Promise<void> {
    const isThere = await folder.hasDocument(document.externalKeyId);
    const there = isThere && (await folder.readDocument(fileNameOf(document.externalKeyId)));
    if (there !== renderKeyDocument(document)) await folder.writeDocument(document);
  }

  /** Takes out what an earlier attempt has brought here of keys that were destroyed since. */
  async #removeOthers(folder: KeyFolder, { ring }: PlacedKeys): Promise<void> {
    const own = new Set([...ring.keys].map(({ externalKeyId }) => fileNameOf(externalKeyId)));
    const names = await folder.documentNames();
    for (const name of names) if (!own.has(name)) await folder.eraseFile(name);
    for (const name of await folder.orphanedCounterNames()) {
      if (own.has(name) || (await folder.destroyedKey(name))) continue;
      await folder.removeOrphanedCounter(name);
    }
  }

  /** Notes the ids that are never used again. The store does not say since when they are not. */
  async #carryDestroyed(folder: KeyFolder, source: PlacedKeys): Promise<void> {
    const noted = lowercasedIdsOf(await destroyedKeysIn(folder));
    for (const { externalKeyId, destroyedAt = nowOf(this.#way) } of await destroyedKeysOf(source)) {
      if (noted.has(externalKeyId.toLowerCase())) continue;
      await finishDestruction(folder, { format: 2, externalKeyId, destroyedAt });
    }
  }

  /** Writes the counts of all versions that somebody knows. */
  async #count(
    folder: KeyFolder,
    { externalKeyId, versions }: KeyDocument,
    counts: ReadonlyMap<string, number>,
  ): Promise<void> {
    const [first, ...others] = versions.flatMap(({ version, materialName }) => {
      const reserved = counts.get(materialName);
      return reserved === undefined ? [] : [{ version, materialName, reserved }];
    });
    if (first === undefined) return;
    const counter = others.reduce<CounterFile>(
      (before, counted) => withReserved(countsOf(before), externalKeyId, counted),
      withReserved([], externalKeyId, first),
    );
    const there = await folder.readCounter(externalKeyId);
    if (!isDeepStrictEqual(there, counter)) await folder.writeCounter(counter);
  }

  #mark(): FolderMark {
    const { state, keyManager } = this.#way;
    const { storeId, place: store } = state;
    const [move, at] = [this.#move, nowOf(this.#way)];
    return { format: 1, kind: 'arriving', move, storeId, store, keyManager, at };
  }
}
