import { StateError } from '../errors.js';
import type { BlockRequest, CounterBlock, DrawnBlock } from '../store.js';
import type { ComparedWriter } from './compared-writer.js';
import type { Tables } from './tables.js';
import type { Transaction } from './writer.js';

/** The counters of a store: a row each, never a sequence, which would forget what it handed out. */
export class Counters {
  readonly #writer: ComparedWriter;
  readonly #tables: Tables;
  /** The ends of the blocks that each counter has given to this process last. */
  readonly #given = new Map<string, { readonly token: string; readonly to: number }>();
  readonly #setBack = new Set<string>();

  constructor(writer: ComparedWriter, tables: Tables) {
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
    await this.#writer.change(insert);
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
    // A block of unknown outcome is spent: the next one is drawn.
    const drawn = await this.#writer.change((transaction) => this.#drawMany(transaction, requests));
    // Not before it is certain: a drawing that was rolled back has given nothing.
    for (const { counter, block, token } of drawn) {
      if (typeof block === 'object') this.#given.set(counter, { token, to: block.to });
      if (block === 'set-back') this.#setBack.add(counter);
    }
    return drawn.map(({ block }) => (block === 'set-back' ? 'count-unknown' : block));
  }

  /** Sentences about counters that are believed no more. */
  get leftAside(): readonly string[] {
    return [...this.#setBack].map(
      (counter) =>
        `the counter ${counter} in the state store was below what it has given out: somebody else ` +
        'has set it back, and its count is unknown now',
    );
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
    await this.#writer.change(raise);
  }

  /** As {@link StateStore.forgetCounters}. */
  async forget(prefix: string): Promise<void> {
    const forget = async ({ ask }: Transaction) => {
      await ask(`DELETE FROM ${this.#tables.counters} WHERE starts_with(name, $1)`, [prefix]);
    };
    await this.#writer.change(forget);
  }

  async #drawMany(
    { ask }: Transaction,
    requests: readonly BlockRequest[],
  ): Promise<readonly Drawing[]> {
    const { counters } = this.#tables;
    // In one order, so that two replicas that draw at once do not wait for each other.
    const rows = await ask<CounterRow>(
      `SELECT name, next, token FROM ${counters} WHERE name = ANY($1) ORDER BY name FOR UPDATE`,
      [requests.map(({ counter }) => counter)],
    );
    const byName = new Map(rows.map((row) => [row.name, row]));
    const drawn = requests.map((request): Drawing => {
      const row = byName.get(request.counter);
      const block = this.#isSetBack(row) ? 'set-back' : blockOf(request, row?.next);
      return { counter: request.counter, block, token: row?.token ?? '' };
    });
    const setBack = drawn.filter(({ block }) => block === 'set-back');
    if (setBack.length > 0) {
      // For every replica: none of them knows what the others were given.
      const names = setBack.map(({ counter }) => counter);
      await ask(`DELETE FROM ${counters} WHERE name = ANY($1)`, [names]);
    }
    const given = drawn.flatMap(({ counter, block }) =>
      typeof block === 'string' ? [] : [{ counter, to: block.to }],
    );
    await ask(
      `UPDATE ${counters} AS it SET next = given.next, ` +
        'largest = greatest(it.largest, given.next - it.next) ' +
        'FROM unnest($1::text[], $2::bigint[]) AS given (name, next) WHERE it.name = given.name',
      [given.map(({ counter }) => counter), given.map(({ to }) => to)],
    );
    return drawn;
  }

  #isSetBack(row: CounterRow | undefined): boolean {
    const given = row && this.#given.get(row.name);
    // Another token is another count of that name, as one that was forgotten and begun anew.
    return given !== undefined && given.token === row?.token && row.next < given.to;
  }
}

interface CounterRow {
  readonly name: string;
  readonly next: number;
  readonly token: string;
}

interface Drawing {
  readonly counter: string;
  readonly block: DrawnBlock | 'set-back';
  readonly token: string;
}

function blockOf({ size, limit }: BlockRequest, from: number | undefined): DrawnBlock {
  if (from === undefined) return 'count-unknown';
  return from >= limit ? 'at-limit' : { from, to: Math.min(from + size, limit) };
}
