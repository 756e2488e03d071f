import type { AtomicWrite } from '../../../durable/atomic-write.js';
import { Deadline } from '../../../shared/deadline.js';
import type { State } from '../../../state/state.js';
import { KeyManagerError } from '../../backend.js';
import type { BackendPorts } from '../../definition.js';
import type { KeyDocument } from '../keys/key-document.js';
import { sealedKeysIn, StateNames } from '../state/sealed-keys.js';
import { type FolderMark, putAside, readFolderMark, writeFolderMark } from './folder-mark.js';
import { readKeyPlace, writeKeyPlace } from './key-places.js';
import type { PlacedKeys } from '../keys/placed-keys.js';
import { someAtOnce } from './some-at-once.js';
import type { MoveWay } from './way.js';

/** Longer than a lease: by then every live replica knows what was written. */
const SETTLING_BUDGET_MS = 20_000;

/** The parts of a move from a folder into the state store. */
export interface ToStatePorts {
  readonly keyManager: string;
  readonly directory: string;
  readonly writeFile: AtomicWrite;
  readonly state: State;
  readonly ports: BackendPorts;
  /** The name of the move, 32 hexadecimal digits; one that is taken up again keeps its own. */
  readonly move: string;
  /** Opens the keys in the state store. */
  readonly open: () => Promise<PlacedKeys>;
}

/** The way from a folder into the state store. */
export class ToState implements MoveWay {
  readonly #way: ToStatePorts;
  readonly #names: StateNames;
  #move: string;

  constructor(way: ToStatePorts) {
    this.#way = way;
    this.#move = way.move;
    this.#names = new StateNames(way.keyManager);
  }

  get place(): string {
    return `the state store (${this.#way.state.place})`;
  }

  async copy(source: PlacedKeys): Promise<void> {
    const { state, keyManager, directory: from } = this.#way;
    // One that was marked, of which nobody heard.
    this.#move = (await readFolderMark(from))?.move ?? this.#move;
    const move = this.#move;
    await this.#refresh();
    this.#assertFree(source);
    const at = this.#now();
    await writeKeyPlace(state, keyManager, { kind: 'arriving', move, at, from });
    const counts = await source.counts();
    const known = await state.counters.read(this.#names.counterPrefix);
    await someAtOnce(source.ring.keys, (key) => this.#put(key.written.document));
    await someAtOnce(counts, ([materialName, count]) =>
      this.#count(this.#names.counter(Buffer.from(materialName, 'hex')), count, known),
    );
    await this.#settled();
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
      at: this.#now(),
    };
    return writeFolderMark(directory, mark, writeFile);
  }

  async hasLeft(): Promise<boolean> {
    const { directory, writeFile } = this.#way;
    const mark = await readFolderMark(directory);
    if (mark === undefined) return false;
    await writeFolderMark(directory, mark, writeFile); // What could not be synced may be lost.
    return true;
  }

  async finish(): Promise<void> {
    const { state, keyManager, directory } = this.#way;
    await writeKeyPlace(state, keyManager, { kind: 'here', move: this.#move, at: this.#now() });
    await putAside(directory);
  }

  /** @throws KeyManagerError `conflict` where other keys are of this key manager */
  #assertFree({ ring }: PlacedKeys): void {
    const { state, keyManager } = this.#way;
    const place = readKeyPlace(state, keyManager);
    const isUnused = place?.kind === 'arriving' || place?.kind === 'left';
    const own = new Set([...ring.keys].map(({ description }) => description.externalKeyId));
    const others = sealedKeysIn(state)
      .list()
      .filter(({ id }) => id.startsWith(this.#names.prefix))
      .filter((there) => {
        const isOwn = there.kind === 'value' && own.has(there.value.externalKeyId);
        return !(isUnused && (isOwn || there.kind === 'removed'));
      });
    if (place?.kind !== 'here' && others.length === 0) return;
    throw new KeyManagerError(
      'conflict',
      `the state store has keys of a key manager ${keyManager} already, and two do not become one`,
    );
  }

  async #put(document: KeyDocument): Promise<void> {
    const documents = sealedKeysIn(this.#way.state);
    const id = this.#names.document(document.externalKeyId);
    const there = documents.get(id);
    if (there?.kind === 'removed') {
      throw new KeyManagerError('conflict', `${document.externalKeyId} was removed there for good`);
    }
    if (there?.kind === 'value' && isSame(there.value, document)) return;
    await documents.put(id, document, there?.revision ?? 0);
  }

  /** Lets a counter begin at a count, or raises it to that. */
  async #count(counter: string, count: number, known: ReadonlyMap<string, number>): Promise<void> {
    const { counters } = this.#way.state;
    const there = known.get(counter);
    if (there === undefined) await counters.begin(counter, count);
    else if (there < count) await counters.raise(counter, count - there);
  }

  /** Resolves when every replica knows the documents, so that their newest versions encrypt. */
  async #settled(): Promise<void> {
    const { state } = this.#way;
    const { applied } = state.standing;
    if (state.isSettled(applied)) return;
    let stop: () => void = () => undefined;
    const settled = new Promise<void>((resolve) => {
      stop = state.onStanding(() => {
        if (state.isSettled(applied)) resolve();
      });
    });
    const late = () => new KeyManagerError('unreachable', 'not every replica follows the store');
    try {
      await this.#deadline().race(settled, late);
    } finally {
      stop();
    }
  }

  #refresh(): Promise<void> {
    return this.#way.state.refresh(this.#deadline());
  }

  #deadline(): Deadline {
    return Deadline.after(this.#way.ports.clock, SETTLING_BUDGET_MS);
  }

  #now(): string {
    return new Date(this.#way.ports.clock.now()).toISOString();
  }
}

function isSame(a: KeyDocument, b: KeyDocument): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
