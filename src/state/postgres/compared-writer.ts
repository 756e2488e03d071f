import { setTimeout as pause } from 'node:timers/promises';
import { StateError } from '../errors.js';
import { LEASE_MS } from '../store.js';
import type { Transaction, Writer } from './writer.js';

/** Time from one look at the store to the next, while it has moved lately. */
const LOOK_MS = 250;

type Work<T> = (transaction: Transaction) => Promise<T>;

/**
 * A writer that waits, after a failover or in a restored backup, until every replica that lives has
 * found out whether commits of its own are lost. In the duration of a lease replicas have renewed
 * theirs, which compares, or lost them. A change before that could be made twice in different ways,
 * and a number given out twice.
 */
export class ComparedWriter {
  readonly #writer: Writer;
  #comparison: Promise<void> | undefined;
  #isClosed = false;

  constructor(writer: Writer) {
    this.#writer = writer;
  }

  /** Makes a random name, 32 hexadecimal digits. */
  token(): string {
    return this.#writer.token();
  }

  /**
   * Changes the store in one transaction, as {@link Writer.change} does.
   *
   * @param settle by default the work once more, for work that may be done twice
   */
  async change<T>(work: Work<T>, settle?: Work<T>): Promise<T> {
    for (;;) {
      await this.#comparison;
      // What reads back changes nothing, and waits for nobody.
      const settled: Work<Done<T>> =
        settle === undefined
          ? whenCompared(work)
          : async (transaction) => ({ value: await settle(transaction) });
      const done = await this.#writer.change(whenCompared(work), settled);
      if (done !== undefined) return done.value;
      this.#comparison ??= this.#compared().finally(() => {
        this.#comparison = undefined;
      });
    }
  }

  /** Lets nobody wait any longer. */
  close(): void {
    this.#isClosed = true;
  }

  async #compared(): Promise<void> {
    const read = ({ sinceNewPlaceMs }: Transaction) => Promise.resolve(sinceNewPlaceMs);
    do {
      await pause(LOOK_MS);
      if (this.#isClosed) throw new StateError('unavailable', 'the state store is being closed');
    } while ((await this.#writer.change(read, read)) < LEASE_MS);
  }
}

/** The result of work; undefined where it was too early. */
type Done<T> = { readonly value: T } | undefined;

function whenCompared<T>(work: Work<T>): Work<Done<T>> {
  return async (transaction) => {
    if (transaction.sinceNewPlaceMs < LEASE_MS) return undefined;
    return { value: await work(transaction) };
  };
}
