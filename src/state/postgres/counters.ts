import { StateError } from '../errors.js';
import { type BlockRequest, type CounterBlock, LEASE_MS } from '../store.js';
import type { Tables } from './tables.js';
import type { Transaction, Writer } from './writer.js';

/** The counters of a store: a row each, never a sequence, which would forget what it handed out. */
export class Counters {
  readonly #writer: Writer;
  readonly #tables: Tables;

  constructor(writer: Writer, tables: Tables) {
    this.#writer = writer;
    this.#tables = tables;
  }

  /** As {@link StateStore.beginCounter}. */
  async begin(counter: string, start: number): Promise<void> {
    const token = this.#writer.token();
    const insert = async ({ ask }: Transaction) => {
      const rows = await ask(
        `INSERT INTO ${this.#tables.counters} AS it VALUES ($1, $2, $3) ` +
          'ON CONFLICT (name) DO UPDATE SET token = it.token WHERE it.token = excluded.token ' +
          'RETURNING name',
        [counter, start, token],
      );
      if (rows.length > 0) return;
      throw new StateError('conflict', `the counter ${counter} is there already`);
    };
    // Done again, it finds its own token.
    await this.#writer.change(insert, insert);
  }

  /** As {@link StateStore.drawBlock}. */
  async draw(request: BlockRequest): Promise<CounterBlock | undefined> {
    // A block of unknown outcome is spent: the next one is drawn.
    const draw = (transaction: Transaction) => this.#draw(transaction, request);
    return await this.#writer.change(draw, draw);
  }

  /** As {@link StateStore.raiseCounter}. */
  async raise(counter: string, by: number): Promise<void> {
    const token = this.#writer.token();
    const raise = async ({ ask }: Transaction) => {
      await ask(
        `INSERT INTO ${this.#tables.counters} AS it VALUES ($1, $2, $3) ` +
          'ON CONFLICT (name) DO UPDATE SET next = it.next + $2, token = $3 WHERE it.token <> $3',
        [counter, by, token],
      );
    };
    await this.#writer.change(raise, raise);
  }

  /** As {@link StateStore.forgetCounters}. */
  async forget(prefix: string): Promise<void> {
    const forget = async ({ ask }: Transaction) => {
      await ask(`DELETE FROM ${this.#tables.counters} WHERE starts_with(name, $1)`, [prefix]);
    };
    await this.#writer.change(forget, forget);
  }

  async #draw(
    { ask, sinceNewPlaceMs }: Transaction,
    { counter, size, limit }: BlockRequest,
  ): Promise<CounterBlock | undefined> {
    if (sinceNewPlaceMs < LEASE_MS) throw movedLately(sinceNewPlaceMs);
    const { counters } = this.#tables;
    const [row] = await ask<{ readonly next: number }>(
      `SELECT next FROM ${counters} WHERE name = $1 FOR UPDATE`,
      [counter],
    );
    if (row === undefined) {
      throw new StateError('count-unknown', `nobody knows what ${counter} has handed out`);
    }
    const from = row.next;
    if (from >= limit) return undefined;
    const to = Math.min(from + size, limit);
    await ask(`UPDATE ${counters} SET next = $2 WHERE name = $1`, [counter, to]);
    return { from, to };
  }
}

/**
 * After a failover, or in a restored backup, replicas that live must have found whether commits of
 * theirs are lost, before anybody is given numbers: they renew their leases, or lose them.
 */
function movedLately(sinceNewPlaceMs: number): StateError {
  const seconds = Math.ceil((LEASE_MS - sinceNewPlaceMs) / 1000);
  return new StateError(
    'unavailable',
    'the state store has moved to another server: no block is drawn until every replica has had ' +
      `time to compare what it knows, for ${seconds} s more`,
  );
}
