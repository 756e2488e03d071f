import { setTimeout as pause } from 'node:timers/promises';
import { StateError } from '../errors.js';
import { type BlockRequest, type CounterBlock, type DrawnBlock, LEASE_MS } from '../store.js';
import type { Tables } from './tables.js';
import type { Transaction, Writer } from './writer.js';

/** Time from one look at the store to the next, while it has moved lately. */
const LOOK_MS = 250;

/** The counters of a store: a row each, never a sequence, which would forget what it handed out. */
export class Counters {
  readonly #writer: Writer;
  readonly #tables: Tables;
  #comparison: Promise<void> | undefined;
  #isClosed = false;

  constructor(writer: Writer, tables: Tables) {
    this.#writer = writer;
    this.#tables = tables;
  }

  /** As {@link StateStore.beginCounter}. */
  async begin(counter: string, start: number): Promise<void> {
    const token = this.#writer.token();
    const insert = async ({ ask }: Transaction) => {
      const rows = await ask(
        `INSERT INTO ${this.#tables.counters} AS it (name, next, token) VALUES ($1, $2, $3) ` +
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
    const [block] = await this.drawMany([request]);
    if (typeof block === 'object') return block;
    if (block === 'at-limit') return undefined;
    throw new StateError('count-unknown', `nobody knows what ${request.counter} has handed out`);
  }

  /** As {@link StateStore.drawBlocks}. */
  async drawMany(requests: readonly BlockRequest[]): Promise<readonly DrawnBlock[]> {
    const draw = (transaction: Transaction) => this.#drawMany(transaction, requests);
    for (;;) {
      await this.#comparison;
      // A block of unknown outcome is spent: the next one is drawn.
      const drawn = await this.#writer.change(draw, draw);
      if (drawn !== undefined) return drawn;
      this.#comparison ??= this.#compared().finally(() => {
        this.#comparison = undefined;
      });
    }
  }

  /** Lets nobody wait any longer for what a failover needs. */
  close(): void {
    this.#isClosed = true;
  }

  /** As {@link StateStore.raiseCounter}. */
  async raise(counter: string, by: number): Promise<void> {
    const token = this.#writer.token();
    const raise = async ({ ask }: Transaction) => {
      await ask(
        `INSERT INTO ${this.#tables.counters} AS it (name, next, token) VALUES ($1, $2, $3) ` +
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

  /**
   * Waits until every replica that lives has found out whether commits of its own are lost: after a
   * failover, or in a restored backup, nobody is given numbers before. In the duration of a lease
   * replicas have renewed theirs, which compares, or lost them.
   */
  async #compared(): Promise<void> {
    const read = ({ sinceNewPlaceMs }: Transaction) => Promise.resolve(sinceNewPlaceMs);
    do {
      await pause(LOOK_MS);
      if (this.#isClosed) throw new StateError('unavailable', 'the state store is being closed');
    } while ((await this.#writer.change(read, read)) < LEASE_MS);
  }

  async #drawMany(
    { ask, sinceNewPlaceMs }: Transaction,
    requests: readonly BlockRequest[],
  ): Promise<readonly DrawnBlock[] | undefined> {
    if (sinceNewPlaceMs < LEASE_MS) return undefined;
    const { counters } = this.#tables;
    // In one order, so that two replicas that draw at once do not wait for each other.
    const rows = await ask<{ readonly name: string; readonly next: number }>(
      `SELECT name, next FROM ${counters} WHERE name = ANY($1) ORDER BY name FOR UPDATE`,
      [requests.map(({ counter }) => counter)],
    );
    const next = new Map(rows.map((row) => [row.name, row.next]));
    const drawn = requests.map((request) => ({
      ...request,
      block: blockOf(request, next.get(request.counter)),
    }));
    const given = drawn.flatMap(({ counter, block }) =>
      typeof block === 'string' ? [] : [{ counter, to: block.to }],
    );
    await ask(
      `UPDATE ${counters} AS it SET next = given.next, ` +
        'largest = greatest(it.largest, given.next - it.next) ' +
        'FROM unnest($1::text[], $2::bigint[]) AS given (name, next) WHERE it.name = given.name',
      [given.map(({ counter }) => counter), given.map(({ to }) => to)],
    );
    return drawn.map(({ block }) => block);
  }
}

function blockOf({ size, limit }: BlockRequest, from: number | undefined): DrawnBlock {
  if (from === undefined) return 'count-unknown';
  return from >= limit ? 'at-limit' : { from, to: Math.min(from + size, limit) };
}
