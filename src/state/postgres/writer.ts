import type { RandomBytes } from '../../shared/randomness.js';
import { StateError } from '../errors.js';
import { STATE_FORMAT } from '../store.js';
import { asStateError, ConnectionLost, UnknownOutcome } from './failures.js';
import { inPlace, noteMove } from './place.js';
import type { Servers } from './servers.js';
import type { Tables } from './tables.js';
import { type Ask, inTransaction } from './transaction.js';

/** Rows of writers and leases that nobody has touched for so long are of no more use. */
const FORGET_AFTER = "interval '90 days'";
const TOKEN_BYTES = 16;
/** Beginnings anew of one transaction: for a lost connection, a move and a recovery. */
const MAX_ATTEMPTS = 3;

/** A transaction under way, at whose beginning the store has proved that it has lost nothing. */
export interface Transaction {
  /** Asks on the transaction's connection. */
  readonly ask: Ask;
  /** Milliseconds since this cluster and timeline were first seen. */
  readonly sinceNewPlaceMs: number;
  /** The number of the store's format. */
  readonly storeFormat: number;
}

interface StoreRow {
  readonly id: string;
  readonly format: number;
  readonly gone_back: boolean;
  readonly recovered: number;
  readonly same_place: boolean;
  readonly since_place_ms: number;
}

/** The message about a store that has lost commits, with what helps. */
const RECOVER =
  'it accepts no changes and no counter blocks until holdfast state recover has been run';

/** Thrown inside: the row of this writer was forgotten by a recovery. */
class Forgotten extends Error {}
/** Thrown inside: the store has moved, which is written down first. */
class Moved extends Error {}

/**
 * This process as one that changes the store: one transaction at a time. Each raises the writer's
 * beat and finds the one that the last left behind; a store that does not have it has gone back.
 */
export class Writer {
  readonly #servers: Servers;
  readonly #tables: Tables;
  readonly #randomBytes: RandomBytes;
  #line: Promise<unknown> = Promise.resolve();
  /** The beat is one of these: the last that is certain, up to the last that was tried. */
  #beats: { readonly from: number; readonly to: number } | undefined;
  #id = '';
  #recovered = 0;
  /** The store that is changed, once it is known: another one in its place never is. */
  storeId: string | undefined;

  constructor(ports: {
    readonly servers: Servers;
    readonly tables: Tables;
    readonly randomBytes: RandomBytes;
  }) {
    this.#servers = ports.servers;
    this.#tables = ports.tables;
    this.#randomBytes = ports.randomBytes;
  }

  /** Makes a random name, 32 hexadecimal digits. */
  token(): string {
    return this.#randomBytes(TOKEN_BYTES).toString('hex');
  }

  /**
   * Changes the store in one transaction.
   *
   * @param work what is done in it; called again where the transaction has to begin anew
   * @param settle what is done, in a transaction that follows, where the outcome is unknown: it
   *   waits for the first to end. What it resolves to is the outcome
   * @throws StateError `outcome-unknown` where that is unknown as well
   */
  async change<T>(
    work: (transaction: Transaction) => Promise<T>,
    settle: (transaction: Transaction) => Promise<T>,
  ): Promise<T> {
    return await this.#inLine(async () => {
      try {
        return await this.#proved(work);
      } catch (error) {
        if (!(error instanceof UnknownOutcome)) throw error;
      }
      return await this.#settled(settle);
    });
  }

  /**
   * Does what no beat goes before: it begins a store, or recovers one.
   *
   * @throws StateError
   */
  async unproved<T>(work: (transaction: Pick<Transaction, 'ask'>) => Promise<T>): Promise<T> {
    return await this.#inLine(() => this.#transaction(work));
  }

  /** Checks that this is the store that was opened. @throws StateError `gone-back` */
  async assertSameStore(query: Ask): Promise<void> {
    const [row] = await query<Pick<StoreRow, 'id'>>(`SELECT id FROM ${this.#tables.store}`);
    if (row !== undefined) this.#assertSame(row);
  }

  /** Waits for changes under way. */
  async settle(): Promise<void> {
    await this.#line;
  }

  /** An outcome that cannot be asked for stays unknown: the change was sent to be committed. */
  async #settled<T>(settle: (transaction: Transaction) => Promise<T>): Promise<T> {
    try {
      return await this.#proved(settle);
    } catch (error) {
      const { code, message } = asStateError(error);
      const isTold = code !== 'unavailable' && code !== 'misconfigured';
      throw isTold ? error : new StateError('outcome-unknown', `a change may be made: ${message}`);
    }
  }

  async #inLine<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#line.then(work);
    this.#line = result.catch(() => undefined);
    try {
      return await result;
    } catch (error) {
      throw asStateError(error);
    }
  }

  async #proved<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        if (this.#beats === undefined) await asPreparation(this.#register());
        return await this.#raised(work);
      } catch (error) {
        const isAnew = error instanceof Forgotten || error instanceof Moved;
        const isLost = error instanceof ConnectionLost && error.isWorthAnother;
        if (attempt === MAX_ATTEMPTS || !(isAnew || isLost)) throw error;
        if (error instanceof Forgotten) this.#beats = undefined;
        if (error instanceof Moved) await asPreparation(this.#noteMove());
      }
    }
  }

  /** A transaction that raises the beat. */
  async #raised<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    let beat = 0;
    const known = this.#beats ?? { from: 0, to: 0 };
    try {
      const result = await this.#transaction(async ({ ask: query }) => {
        beat = await this.#raiseBeat(query, known);
        const store = await this.#storeRow(query);
        if (!store.same_place) throw new Moved();
        return await work({
          ask: query,
          sinceNewPlaceMs: store.since_place_ms,
          storeFormat: store.format,
        });
      });
      this.#beats = { from: beat, to: beat };
      return result;
    } catch (error) {
      if (error instanceof UnknownOutcome) this.#beats = { from: known.from, to: beat };
      if (error instanceof StateError && error.code === 'gone-back') await this.#markGoneBack();
      throw error;
    }
  }

  async #raiseBeat(
    query: Ask,
    { from, to }: { readonly from: number; readonly to: number },
  ): Promise<number> {
    const [row] = await query<{ readonly beat: number }>(
      `UPDATE ${this.#tables.writers} SET beat = beat + 1, seen_at = clock_timestamp() ` +
        'WHERE writer = $1 AND beat BETWEEN $2 AND $3 RETURNING beat',
      [this.#id, from, to],
    );
    if (row !== undefined) return row.beat;
    const { recovered } = await this.#storeRow(query);
    if (recovered !== this.#recovered) throw new Forgotten();
    throw new StateError(
      'gone-back',
      `the state store has lost commits of this replica (its beat was ${from}): ${RECOVER}`,
    );
  }

  /** @throws StateError for a store in which nothing may be changed */
  async #storeRow(query: Ask): Promise<StoreRow> {
    const [row] = await query<StoreRow>(
      `SELECT id, format, gone_back, recovered, ${inPlace(this.#tables)} AS same_place, ` +
        'extract(epoch FROM clock_timestamp() - least(clock_timestamp(), ' +
        'greatest(place_since, to_timestamp(0))))::float8 * 1000 AS since_place_ms ' +
        `FROM ${this.#tables.store}`,
    );
    if (row === undefined) throw new StateError('gone-back', 'the state store has become empty');
    this.#assertSame(row);
    if (row.gone_back) {
      throw new StateError('gone-back', `the state store has lost commits: ${RECOVER}`);
    }
    if (row.format > STATE_FORMAT) throw newerFormat(row.format);
    return row;
  }

  #assertSame({ id }: Pick<StoreRow, 'id'>): void {
    if (this.storeId === undefined || id === this.storeId) return;
    throw new StateError(
      'gone-back',
      `this is the state store ${id}, and this replica has followed ${this.storeId}: nothing is ` +
        'changed there. See state.addresses; if the former one is lost for good, start once with ' +
        '--init state',
    );
  }

  /** A row of its own for this writer: again after a recovery, which forgets all. */
  async #register(): Promise<void> {
    const id = this.token();
    const recovered = await this.#transaction(async ({ ask: query }) => {
      const store = await this.#storeRow(query);
      const { writers, leases } = this.#tables;
      for (const [table, time] of [
        [writers, 'seen_at'],
        [leases, 'ends_at'],
      ]) {
        await query(`DELETE FROM ${table} WHERE ${time} < clock_timestamp() - ${FORGET_AFTER}`);
      }
      await query(`INSERT INTO ${writers} VALUES ($1, 0, clock_timestamp())`, [id]);
      return store.recovered;
    });
    this.#id = id;
    this.#recovered = recovered;
    this.#beats = { from: 0, to: 0 };
  }

  #noteMove(): Promise<void> {
    return this.#transaction(({ ask: query }) => noteMove(query, this.#tables));
  }

  /** So that every replica stops, those too of which nothing was lost. */
  async #markGoneBack(): Promise<void> {
    await this.#transaction(async ({ ask: query }) => {
      await query(
        `UPDATE ${this.#tables.store} SET gone_back = true WHERE NOT gone_back AND id = $1`,
        [this.storeId],
      );
    }).catch(() => undefined); // Where it cannot be written, the next change finds out again.
  }

  #transaction<T>(work: Parameters<typeof inTransaction<T>>[1]): Promise<T> {
    return inTransaction(this.#servers, work);
  }
}

/** @returns the error for a store that only a newer version of Holdfast may use */
export function newerFormat(found: number, newest = STATE_FORMAT): StateError {
  return new StateError(
    'newer-version',
    `the state store has the format ${found}, and this version of Holdfast knows ${newest}; ` +
      'upgrade this replica',
  );
}

/** The change itself has not been begun, so that its outcome is known whatever comes of this. */
async function asPreparation(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof UnknownOutcome)) throw error;
    throw new StateError('unavailable', `nothing is changed: ${error.message}`);
  }
}
