import type { Clock } from '../../shared/clock.js';
import type { RandomBytes } from '../../shared/randomness.js';
import { StateError } from '../errors.js';
import { STATE_FORMAT } from '../store.js';
import type { PostgresStateConfig } from './config.js';
import { asStateError } from './failures.js';
import { NEEDED_MIGRATION } from './migrations/index.js';
import { PostgresStore } from './postgres-store.js';
import { presentPlace } from './place.js';
import { ask, Servers } from './servers.js';
import { type Tables, tablesIn } from './tables.js';
import { newerFormat, Writer } from './writer.js';

/** The parts that a store in PostgreSQL is handed. */
export interface PostgresPorts {
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  /** True if a store may be begun where there is none. */
  readonly mayBegin: boolean;
}

interface FoundStore {
  readonly id: string;
  readonly format: number;
}

/**
 * Opens the state store in PostgreSQL.
 *
 * @throws StateError `empty` where there is none and none may be begun; `misconfigured`,
 *   `unavailable`, `newer-version`
 */
export async function openPostgresStore(
  config: PostgresStateConfig,
  ports: PostgresPorts,
): Promise<PostgresStore> {
  const servers = await Servers.of(config, config);
  try {
    const { randomBytes } = ports;
    const tables = tablesIn(config.schema);
    const writer = new Writer({ servers, tables, randomBytes });
    const found = await findStore(servers, tables, config);
    const store = found ?? (await beginStore(writer, tables, ports, config));
    if (store.format > STATE_FORMAT) throw newerFormat(store.format);
    writer.storeId = store.id;
    const opened = new PostgresStore({
      id: store.id,
      place: placeOf(config),
      servers,
      writer,
      tables,
      clock: ports.clock,
      expectsStandby: config.expectStandby ?? config.addresses.length > 1,
    });
    await opened.look();
    return opened;
  } catch (error) {
    await servers.close();
    throw asStateError(error);
  }
}

/** The name of the store's place for people. */
export function placeOf({ addresses, database, schema }: PostgresStateConfig): string {
  return `PostgreSQL ${addresses.join(', ')}, database ${database}, schema ${schema}`;
}

async function findStore(
  servers: Servers,
  tables: Tables,
  config: PostgresStateConfig,
): Promise<FoundStore | undefined> {
  const client = await servers.connect();
  try {
    const [applied] = await ask<{ readonly number: number | null }>(
      client,
      `SELECT max(number) AS number FROM ${tables.migrations}`,
    );
    if ((applied?.number ?? 0) < NEEDED_MIGRATION) {
      throw new StateError(
        'misconfigured',
        `the schema ${config.schema} is older than this version of Holdfast; run holdfast state ` +
          'migrate',
      );
    }
    const [row] = await ask<FoundStore>(client, `SELECT id, format FROM ${tables.store}`);
    return row;
  } finally {
    client.release();
  }
}

/** Two replicas may be at it: one of them begins the store, and both find it. */
async function beginStore(
  writer: Writer,
  tables: Tables,
  { mayBegin }: PostgresPorts,
  config: PostgresStateConfig,
): Promise<FoundStore> {
  if (!mayBegin) {
    throw new StateError(
      'empty',
      `there is no state store yet in ${placeOf(config)}. An empty database in place of a lost one ` +
        'looks the same. If this is the right one, and there was none before, start one replica ' +
        'once with --init state.',
    );
  }
  const token = writer.token();
  return await writer.unproved(async ({ ask: query }) => {
    const begun = await query(
      `INSERT INTO ${tables.store} (id, revision, token, format, place, place_since) ` +
        `VALUES ($1, 0, $2, $3, ${presentPlace(tables)}, to_timestamp(0)) ` +
        'ON CONFLICT (only_row) DO NOTHING RETURNING id',
      [writer.token(), token, STATE_FORMAT],
    );
    if (begun.length > 0) await query(`INSERT INTO ${tables.revisions} VALUES (0, $1)`, [token]);
    const [row] = await query<FoundStore>(`SELECT id, format FROM ${tables.store}`);
    if (row === undefined) throw new StateError('conflict', 'the state store was not begun');
    return row;
  });
}
