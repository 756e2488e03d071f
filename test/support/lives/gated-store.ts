import { type MemoryState, MemoryStateStore } from '../memory-state-store.js';
import type {
  BlockRequest,
  Changes,
  CounterBlock,
  DocumentChange,
  DrawnBlock,
  LeaseRenewal,
  StoredDocument,
} from '../../../src/state/store.js';
import type { Mortal } from './mortal.js';

/**
 * The way of one process to a state in memory. The process learns what others have changed when a
 * test says so, and when it has tried to change something itself; so its copy may be old.
 */
export class GatedStore extends MemoryStateStore {
  readonly #mortal: Mortal;
  readonly #state: MemoryState;
  readonly #isGated: boolean;
  #isOpen = true;
  #seen: Changes | undefined;

  /** @param isGated false for a process that learns of everything at once */
  constructor(state: MemoryState, mortal: Mortal, isGated: boolean) {
    super(state);
    this.#isGated = isGated;
    this.#state = state;
    this.#mortal = mortal;
  }

  /** Lets the next question be answered with what is there now. */
  open(): void {
    this.#isOpen = true;
  }

  override changesSince(since: number, after?: number): Promise<Changes> {
    return this.#mortal.look(async () => {
      const seen = this.#seen;
      if (this.#isGated && !this.#isOpen && since === seen?.mark.revision) {
        return { ...seen, tokenThen: this.#state.tokens[since], documents: [] };
      }
      this.#isOpen = false;
      this.#seen = await super.changesSince(since, after);
      return this.#seen;
    });
  }

  override put(change: DocumentChange): Promise<StoredDocument> {
    return this.#changed(() => super.put(change));
  }

  override beginCounter(counter: string, start: number): Promise<void> {
    return this.#changed(() => super.beginCounter(counter, start));
  }

  override raiseCounter(counter: string, by: number): Promise<void> {
    return this.#changed(() => super.raiseCounter(counter, by));
  }

  override forgetCounters(prefix: string): Promise<void> {
    return this.#changed(() => super.forgetCounters(prefix));
  }

  override drawBlock(request: BlockRequest): Promise<CounterBlock | undefined> {
    return this.#mortal.look(() => super.drawBlock(request));
  }

  override drawBlocks(requests: readonly BlockRequest[]): Promise<readonly DrawnBlock[]> {
    return this.#mortal.look(() => super.drawBlocks(requests));
  }

  override renewLease(renewal: LeaseRenewal): Promise<void> {
    return this.#mortal.look(() => super.renewLease(renewal));
  }

  override endLease(replica: string): Promise<void> {
    return this.#mortal.look(() => super.endLease(replica));
  }

  async #changed<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await this.#mortal.change('state', work);
    } finally {
      this.#isOpen = true;
    }
  }
}
