import { type AtomicWrite, writeFileAtomically } from '../../src/durable/atomic-write.js';
import { type FileRemoval, removeFile } from '../../src/durable/erase.js';
import type { StateStore } from '../../src/state/store.js';
import { type MemoryState, MemoryStateStore } from './memory-state-store.js';

/** A way to the store and the disk that ends for good after some acts, as a crash does. */
export interface DyingParts {
  readonly store: StateStore;
  readonly writeFile: AtomicWrite;
  readonly removeFile: FileRemoval;
  readonly isDead: () => boolean;
}

/**
 * Makes parts that do so many changes, and no more.
 *
 * @param last whether the change at which they die is made, of which nobody hears any more
 */
export function dyingAfter(
  acts: number,
  shared: MemoryState,
  last: 'made' | 'not made' = 'not made',
): DyingParts {
  let left = acts;
  const store = new MemoryStateStore(shared);
  const dying =
    <Args extends unknown[], T>(work: (...args: Args) => Promise<T>) =>
    async (...args: Args): Promise<T> => {
      left -= 1;
      if (left === -1 && last === 'made') await work(...args);
      if (left < 0) throw new Error('killed');
      return work(...args);
    };
  const changes = {
    put: dying(store.put.bind(store)),
    beginCounter: dying(store.beginCounter.bind(store)),
    raiseCounter: dying(store.raiseCounter.bind(store)),
    drawBlock: dying(store.drawBlock.bind(store)),
    drawBlocks: dying(store.drawBlocks.bind(store)),
  };
  return {
    store: Object.assign(store, changes),
    writeFile: dying(writeFileAtomically),
    removeFile: dying(removeFile),
    isDead: () => left < 0,
  };
}

/** Makes parts that live, on a store of one's own. */
export function livingOn(store: StateStore): DyingParts {
  return { store, writeFile: writeFileAtomically, removeFile, isDead: () => false };
}
