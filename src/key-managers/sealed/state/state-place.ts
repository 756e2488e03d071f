import { StateError } from '../../../state/errors.js';
import type { Collection, State } from '../../../state/state.js';
import type { CounterBlock } from '../../../state/store.js';
import { KeyManagerError } from '../../backend.js';
import { MIN_BLOCK, sharedBlockSize } from '../../counting/block-size.js';
import type { KeyDocument } from '../keys/key-document.js';
import type { CountedVersion, KeyPlace } from '../keys/place.js';
import { sealedKeysIn, StateNames } from './sealed-keys.js';
import { keyManagerCodeOf } from './state-failure.js';

/** The parts that the state as a place of keys is handed. */
export interface StatePlacePorts {
  readonly state: State;
  readonly keyManager: string;
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
  readonly #state: State;
  readonly #names: StateNames;
  readonly #documents: Collection<KeyDocument>;
  readonly #readOnly: boolean;

  constructor({ state, keyManager, perVersion, readOnly, caughtUp }: StatePlacePorts) {
    this.perVersion = perVersion;
    this.caughtUp = caughtUp;
    this.#readOnly = readOnly;
    this.#state = state;
    this.#names = new StateNames(keyManager);
    this.#documents = sealedKeysIn(state);
  }

  /** Blocks of a store that may be away last half an hour; a disk of one's own is there. */
  blockSize(used: number, elapsedMs: number): number {
    return this.#state.isShared ? sharedBlockSize(used, elapsedMs) : MIN_BLOCK;
  }

  async beginCount({ version }: CountedVersion): Promise<CounterBlock> {
    const counter = this.#names.counter(version.materialName);
    await told(this.#state.counters.begin(counter, MIN_BLOCK));
    return { from: 0, to: MIN_BLOCK };
  }

  async nextBlock(
    { version }: CountedVersion,
    reserved: number,
    size: number,
  ): Promise<CounterBlock | undefined> {
    if (this.#readOnly) return { from: reserved, to: reserved + size };
    const counter = this.#names.counter(version.materialName);
    try {
      return await this.#state.counters.draw({ counter, size, limit: this.perVersion });
    } catch (error) {
      if (error instanceof StateError && error.code === 'count-unknown') return undefined;
      throw toKeyManagerError(error);
    }
  }

  async writeDocument(document: KeyDocument, replaces: number): Promise<number> {
    const id = this.#names.document(document.externalKeyId);
    const { revision } = await told(this.#documents.put(id, document, replaces));
    return revision;
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

  isSettled(revision: number): boolean {
    return this.#state.isSettled(revision);
  }

  whenSettled(revision: number): Promise<void> {
    if (this.isSettled(revision)) return Promise.resolve();
    return new Promise((resolve) => {
      const stop = this.#state.onStanding(() => {
        if (!this.isSettled(revision)) return;
        stop();
        resolve();
      });
    });
  }

  /** The state is closed by whoever opened it. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}

async function told<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw toKeyManagerError(error);
  }
}

/** Tells a failure of the state in the words of key managers. */
function toKeyManagerError(error: unknown): unknown {
  if (!(error instanceof StateError)) return error;
  const code = keyManagerCodeOf(error);
  const why = code === 'conflict' ? 'another replica was faster: ' : '';
  return new KeyManagerError(code, `${why}${error.message}`, { cause: error });
}
