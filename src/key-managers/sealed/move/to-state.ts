import type { StateDocument } from '../../../state/collection.js';
import { KeyManagerError } from '../../backend.js';
import { assertFollows, type KeyDocument } from '../keys/key-document.js';
import type { KeptDocument } from '../keys/kept-document.js';
import { sealedKeysIn, StateNames } from '../state/sealed-keys.js';
import {
  clearLeftFolder,
  type FolderMark,
  readFolderMark,
  removeFolderMark,
  writeFolderMark,
} from './folder-mark.js';
import { readKeyPlace, writeKeyPlace } from '../state/key-places.js';
import type { KeyRing } from '../keys/key-ring.js';
import { copyWrappingKeys } from '../keys/wrapping-keys.js';
import { WrappingKeysInState } from '../state/wrapping-keys.js';
import type { DestroyedKey } from '../keys/place.js';
import type { PlacedKeys } from '../keys/placed-keys.js';
import { whenSettled } from '../../when-settled.js';
import { someAtOnce } from '../keys/some-at-once.js';
import { destroyedKeysOf, type MovePorts, type MoveWay, nowOf, refreshed } from './way.js';

/** The way from a folder into the state store. */
export class ToState implements MoveWay {
  readonly #way: MovePorts;
  readonly #names: StateNames;
  #move: string;

  constructor(way: MovePorts) {
    this.#way = way;
    this.#move = way.move;
    this.#names = new StateNames(way.keyManager);
  }

  get place(): string {
    return `the state store (${this.#way.state.place})`;
  }

  /** The folder is this process's alone: nobody else changes it. */
  hold(): Promise<void> {
    return Promise.resolve();
  }

  async copy(source: PlacedKeys): Promise<void> {
    const { state, keyManager, directory: from, moves, ports } = this.#way;
    const mark = await readFolderMark(from);
    // One that was marked, of which nobody heard.
    if (mark?.kind === 'left') this.#move = mark.move;
    // The keys serve from here, and nobody could remove it: with it, no start would find them.
    if (mark?.kind === 'arriving') await removeFolderMark(from);
    const move = this.#move;
    await refreshed(this.#way);
    this.#assertFree(source);
    const at = nowOf(this.#way);
    moves.begin(move);
    await writeKeyPlace(state, keyManager, { kind: 'arriving', move, at, from });
    await this.#removeOthers(source);
    const counts = await source.counts();
    const known = await state.counters.read(this.#names.counterPrefix);
    await someAtOnce(source.ring.keys, (key) => this.#put(key.written.document));
    await someAtOnce(await destroyedKeysOf(source), (key) => this.#carryDestroyed(key));
    await someAtOnce(counts, ([materialName, count]) =>
      this.#count(this.#names.counter(Buffer.from(materialName, 'hex')), count, known),
    );
    const { clock } = ports;
    const wrappingKeys = new WrappingKeysInState({ state, keyManager, clock });
    await copyWrappingKeys(source.gate.wrappingKeys, wrappingKeys);
    await whenSettled(state, state.standing.applied, clock);
  }

  open(): Promise<PlacedKeys> {
    return this.#way.open();
  }

  leave(): Promise<void> {
    const { directory, state, keyManager, writeFile } = this.#way;
    const { storeId, place: store } = state;
    const mark: FolderMark = {
      format: 1,
      kind: 'left',
      move: this.#move,
      storeId,
      store,
      keyManager,
      at: nowOf(this.#way),
    };
    return writeFolderMark(directory, mark, writeFile);
  }

  async hasLeft(): Promise<boolean> {
    const { directory, writeFile } = this.#way;
    const mark = await readFolderMark(directory);
    if (mark?.kind !== 'left') return false;
    await writeFolderMark(directory, mark, writeFile); // What could not be synced may be lost.
    return true;
  }

  async finish(): Promise<void> {
    const { state, keyManager, directory, writeFile } = this.#way;
    const at = nowOf(this.#way);
    await writeKeyPlace(state, keyManager, { kind: 'here', move: this.#move, at });
    await clearLeftFolder(directory, writeFile);
  }

  /** Leaves in the store what has come there, marked as not all, until this is tried again. */
  abandon(): Promise<void> {
    return Promise.resolve();
  }

  /** @throws KeyManagerError `conflict` where other keys are of this key manager */
  #assertFree({ ring }: PlacedKeys): void {
    const { state, keyManager } = this.#way;
    const place = readKeyPlace(state, keyManager);
    const isUnused = place?.kind === 'arriving' || place?.kind === 'left';
    const isOfThisFolder = place?.kind === 'arriving' && place.from === this.#way.directory;
    const strangers = new Set(this.#strangers(ring));
    const others = this.#documents.filter(
      (there) => !(isUnused && (isOfThisFolder || !strangers.has(there))),
    );
    if (place?.kind !== 'here' && others.length === 0) return;
    throw new KeyManagerError(
      'conflict',
      `the state store has keys of a key manager ${keyManager} already, and two do not become one`,
    );
  }

  /** Takes out what an earlier attempt has brought there of keys that were destroyed since. */
  async #removeOthers({ ring }: PlacedKeys): Promise<void> {
    const documents = sealedKeysIn(this.#way.state);
    for (const there of this.#strangers(ring)) {
      if (there.kind === 'value') await documents.remove(there.id, there.revision);
    }
  }

  /** All in the store that is of this key manager, tombstones included. */
  get #documents(): readonly StateDocument<KeptDocument>[] {
    const documents = sealedKeysIn(this.#way.state).list();
    return documents.filter(({ id }) => id.startsWith(this.#names.prefix));
  }

  /** Those of keys that are not the ones that move. */
  #strangers(ring: KeyRing): readonly StateDocument<KeptDocument>[] {
    const own = new Set([...ring.keys].map(({ externalKeyId }) => externalKeyId));
    return this.#documents.filter((there) => there.kind !== 'removed' && !isOf(own, there));
  }

  async #put(document: KeptDocument): Promise<void> {
    const documents = sealedKeysIn(this.#way.state);
    const { externalKeyId } = document.read();
    const id = this.#names.document(externalKeyId);
    const there = documents.get(id);
    if (there?.kind === 'removed') {
      throw new KeyManagerError('conflict', `${externalKeyId} was removed there for good`);
    }
    if (there?.kind === 'value') {
      if (there.value.equals(document)) return;
      assertEarlier(there.value.read(), document.read());
    }
    await documents.put(id, document, there?.revision ?? 0);
  }

  /** Notes an id that is never used again. */
  async #carryDestroyed({ externalKeyId }: DestroyedKey): Promise<void> {
    const documents = sealedKeysIn(this.#way.state);
    const id = this.#names.document(externalKeyId);
    if (documents.get(id) === undefined) await documents.remove(id, 0);
  }

  /** Lets a counter begin at a count, or raises it to that. */
  async #count(counter: string, count: number, known: ReadonlyMap<string, number>): Promise<void> {
    const { counters } = this.#way.state;
    const there = known.get(counter);
    if (there === undefined) await counters.begin(counter, count);
    else if (there < count) await counters.raise(counter, count - there);
  }
}

function isOf(own: ReadonlySet<string>, there: StateDocument<KeptDocument>): boolean {
  return there.kind === 'value' && own.has(there.value.read().externalKeyId);
}

/** @throws KeyManagerError `conflict` for a document that is not an earlier one of this key */
function assertEarlier(there: KeyDocument, document: KeyDocument): void {
  try {
    assertFollows(document, there);
  } catch (cause) {
    const { externalKeyId } = document;
    const message = `the state store has another key ${externalKeyId}, or versions that are not here`;
    throw new KeyManagerError('conflict', message, { cause });
  }
}
