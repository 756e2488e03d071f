import { StateError } from '../../../state/errors.js';
import type { Collection, State } from '../../../state/state.js';
import type { CounterBlock } from '../../../state/store.js';
import type { Clock } from '../../../shared/clock.js';
import { Deadline } from '../../../shared/deadline.js';
import { MIN_BLOCK, sharedBlockSize } from '../../counting/block-size.js';
import type { KeptDocument } from '../keys/kept-document.js';
import type { KeyDocument } from '../keys/key-document.js';
import type { CountedVersion, DestroyedKey, KeyPlace, RemovedKey } from '../keys/place.js';
import type { WrappingKeyPlace } from '../keys/wrapping-key-document.js';
import { sealedKeysIn, StateNames } from './sealed-keys.js';
import { told, toKeyManagerError } from './told-state.js';
import { whenSettled } from '../../when-settled.js';
import type { Whereabouts } from './whereabouts.js';
import { WrappingKeysInState } from './wrapping-keys.js';

const REFRESH_BUDGET_MS = 5_000;

/** The parts that the state as a place of keys is handed. */
export interface StatePlacePorts {
  readonly state: State;
  readonly keyManager: string;
  readonly clock: Clock;
  readonly whereabouts: Whereabouts;
  readonly perVersion: number;
  /** True for a diagnosis: no block is taken, and encryptions are not counted. */
  readonly readOnly: boolean;
  /** Resolves when all that the state has told by now is in the ring. */
  readonly caughtUp: () => Promise<void>;
}

/** The state store as the place of keys, which replicas may share. */
export class StatePlace implements KeyPlace {
  readonly name = 'the state store';
  readonly problems: readonly string[] = [];
  readonly perVersion: number;
  readonly caughtUp: () => Promise<void>;
  readonly wrappingKeys: WrappingKeyPlace;
  readonly #state: State;
  readonly #names: StateNames;
  readonly #documents: Collection<KeptDocument>;
  readonly #placePorts: StatePlacePorts;

  constructor(placePorts: StatePlacePorts) {
    const { state, keyManager, perVersion, caughtUp } = placePorts;
    this.perVersion = perVersion;
    this.caughtUp = caughtUp;
    this.#placePorts = placePorts;
    this.#state = state;
    this.#names = new StateNames(keyManager);
    this.#documents = sealedKeysIn(state);
    this.wrappingKeys = new WrappingKeysInState(placePorts);
  }

  /** Blocks of a store that may be away last half an hour; a disk of one's own is there. */
  blockSize(used: number, elapsedMs: number): number {
    return this.#state.isShared ? sharedBlockSize(used, elapsedMs) : MIN_BLOCK;
  }

  async beginCount(counted: CountedVersion): Promise<CounterBlock> {
    const counter = this.#names.counter(counted.version.materialName);
    await told(this.#placePorts.whereabouts.assertHere());
    try {
      await this.#state.counters.begin(counter, MIN_BLOCK);
      return { from: 0, to: MIN_BLOCK };
    } catch (error) {
      const isThere = error instanceof StateError && error.code === 'conflict';
      if (!isThere) throw toKeyManagerError(error);
    }
    const block = await this.nextBlock(counted, 0, MIN_BLOCK);
    return block ?? { from: this.perVersion, to: this.perVersion };
  }

  /** The store knows how far the count has come, and hands out what follows. */
  reservedOf(): Promise<number> {
    return Promise.resolve(0);
  }

  async nextBlock(
    { version }: CountedVersion,
    reserved: number,
    size: number,
  ): Promise<CounterBlock | undefined> {
    if (this.#placePorts.readOnly) return { from: reserved, to: reserved + size };
    const counter = this.#names.counter(version.materialName);
    try {
      await this.#placePorts.whereabouts.assertHere();
      return await this.#state.counters.draw({ counter, size, limit: this.perVersion });
    } catch (error) {
      if (error instanceof StateError && error.code === 'count-unknown') return undefined;
      throw toKeyManagerError(error);
    }
  }

  async writeDocument(document: KeptDocument, replaces: number): Promise<number> {
    const id = this.#names.document(document.read().externalKeyId);
    const put = async () => (await this.#documents.put(id, document, replaces)).revision;
    return told(this.#placePorts.whereabouts.write(put));
  }

  async storedDocument(externalKeyId: string): Promise<KeyDocument | undefined> {
    await this.refresh();
    const document = this.#documents.get(this.#names.document(externalKeyId));
    return document?.kind === 'value' ? document.value.read() : undefined;
  }

  async removeDocument({ document }: RemovedKey, replaces: number): Promise<void> {
    const id = this.#names.document(document.externalKeyId);
    const remove = async () => {
      await this.#documents.remove(id, replaces);
      return this.#documents.get(id)?.revision ?? replaces;
    };
    await told(this.#placePorts.whereabouts.write(remove));
  }

  isRemoved(externalKeyId: string): boolean {
    return this.#documents.get(this.#names.document(externalKeyId))?.kind === 'removed';
  }

  async assertErased(externalKeyId: string, revision?: number): Promise<void> {
    await this.refresh();
    const document = this.#documents.get(this.#names.document(externalKeyId));
    const erasedAt = revision ?? (document?.kind === 'removed' ? document.revision : undefined);
    if (erasedAt === undefined) return;
    await told(this.#state.rewriteLastCopy());
    await this.whenSettled(erasedAt);
  }

  documentNameOf(externalKeyId: string): string {
    return this.#names.document(externalKeyId);
  }

  /** Counts are by material here, so no number of a key that came to nothing is known. */
  highestVersion(): Promise<number> {
    return Promise.resolve(0);
  }

  occupant(externalKeyId: string): Promise<string | undefined> {
    const document = this.#documents.get(this.#names.document(externalKeyId));
    if (document === undefined) return Promise.resolve(undefined);
    const what =
      document.kind === 'removed'
        ? 'belonged to a key that was removed, and is never used again'
        : 'is taken';
    return Promise.resolve(`the id ${externalKeyId} ${what}`);
  }

  destroyedKeys(): Promise<readonly DestroyedKey[]> {
    const { prefix } = this.#names;
    const destroyed = this.#documents
      .list()
      .filter(({ id, kind }) => kind === 'removed' && id.startsWith(prefix))
      .map(({ id }) => ({ externalKeyId: id.slice(prefix.length), destroyedAt: undefined }));
    return Promise.resolve(destroyed);
  }

  isSettled(revision: number): boolean {
    return this.#state.isSettled(revision) && !this.#placePorts.whereabouts.isLeaving;
  }

  whenSettled(revision: number): Promise<void> {
    const { clock } = this.#placePorts;
    return whenSettled(this.#state, revision, clock, () => this.isSettled(revision));
  }

  async refresh(): Promise<void> {
    const { clock } = this.#placePorts;
    await told(this.#state.refresh(Deadline.after(clock, REFRESH_BUDGET_MS)));
    await this.caughtUp();
  }

  /** The state is closed by whoever opened it. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}
