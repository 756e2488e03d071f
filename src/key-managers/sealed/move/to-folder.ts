import type { AtomicWrite } from '../../../durable/atomic-write.js';
import { makePrivateFolder } from '../../../durable/private.js';
import { Deadline } from '../../../shared/deadline.js';
import type { State } from '../../../state/state.js';
import { KeyManagerError } from '../../backend.js';
import type { BackendPorts } from '../../definition.js';
import { fileNameOf } from '../../counting/key-names.js';
import { KeyFolder } from '../folder/key-folder.js';
import { type KeyDocument, renderKeyDocument } from '../keys/key-document.js';
import {
  type FolderMark,
  readFolderMark,
  removeFolderMark,
  writeFolderMark,
} from './folder-mark.js';
import { readKeyPlace, writeKeyPlace } from './key-places.js';
import type { PlacedKeys } from '../keys/placed-keys.js';
import { someAtOnce } from './some-at-once.js';
import type { MoveWay } from './way.js';

const REFRESH_BUDGET_MS = 20_000;

/** The parts of a move out of the state store, into a folder. */
export interface ToFolderPorts {
  readonly keyManager: string;
  readonly directory: string;
  readonly writeFile: AtomicWrite;
  readonly state: State;
  readonly ports: BackendPorts;
  /** The name of the move, 32 hexadecimal digits; one that is taken up again keeps its own. */
  readonly move: string;
  /** Opens the keys in the folder. */
  readonly open: () => Promise<PlacedKeys>;
}

/** The way out of the state store, into a folder of this replica. */
export class ToFolder implements MoveWay {
  readonly #way: ToFolderPorts;
  #move: string;

  constructor(way: ToFolderPorts) {
    this.#way = way;
    this.#move = way.move;
  }

  get place(): string {
    return this.#way.directory;
  }

  async copy(source: PlacedKeys): Promise<void> {
    const { directory, writeFile } = this.#way;
    await this.#refresh();
    this.#assertAlone();
    await makePrivateFolder(directory);
    const folder = await KeyFolder.open(directory, writeFile);
    try {
      await this.#assertFree(folder);
      await writeFolderMark(directory, this.#mark(), writeFile);
      const counts = await source.counts();
      await someAtOnce(source.ring.keys, async ({ written: { document } }) => {
        await this.#put(folder, document);
        await this.#count(folder, document, counts);
      });
    } finally {
      await folder.close();
    }
  }

  open(): Promise<PlacedKeys> {
    return this.#way.open();
  }

  leave(): Promise<void> {
    const { state, keyManager, directory: to } = this.#way;
    this.#assertAlone();
    const at = this.#now();
    return writeKeyPlace(state, keyManager, { kind: 'left', move: this.#move, at, to });
  }

  async hasLeft(): Promise<boolean> {
    await this.#refresh();
    const place = readKeyPlace(this.#way.state, this.#way.keyManager);
    return place?.kind === 'left' && place.move === this.#move;
  }

  finish(): Promise<void> {
    return removeFolderMark(this.#way.directory);
  }

  /** @throws KeyManagerError `conflict` where other replicas serve these keys */
  #assertAlone(): void {
    const { leases } = this.#way.state.standing;
    if (leases.length <= 1) return;
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

  /** Writes the count of the newest version; of any other a folder does not know it. */
  async #count(
    folder: KeyFolder,
    { externalKeyId, versions }: KeyDocument,
    counts: ReadonlyMap<string, number>,
  ): Promise<void> {
    const newest = versions.at(-1);
    const reserved = newest && counts.get(newest.materialName);
    if (newest === undefined || reserved === undefined) return;
    const { version, materialName } = newest;
    const there = await folder.readCounter(externalKeyId);
    if (there?.materialName === materialName && there.reserved === reserved) return;
    await folder.writeCounter({ format: 1, externalKeyId, version, materialName, reserved });
  }

  #mark(): FolderMark {
    const { state, keyManager } = this.#way;
    const { storeId, place: store } = state;
    const [move, at] = [this.#move, this.#now()];
    return { format: 1, kind: 'arriving', move, storeId, store, keyManager, at };
  }

  #refresh(): Promise<void> {
    const { state, ports } = this.#way;
    return state.refresh(Deadline.after(ports.clock, REFRESH_BUDGET_MS));
  }

  #now(): string {
    return new Date(this.#way.ports.clock.now()).toISOString();
  }
}
