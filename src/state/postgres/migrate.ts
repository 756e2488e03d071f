import type { PoolClient } from 'pg';
import { StateError } from '../errors.js';
import { begin, commit } from './commit.js';
import type { PostgresStateConfig } from './config.js';
import { asStateError } from './failures.js';
import { grantsFor } from './grants.js';
import { LIVE_LEASE, STRAY_LEASE } from './leases.js';
import { migrations } from './migrations/index.js';
import { ask, type Login, Servers } from './servers.js';
import { type Tables, tablesIn } from './tables.js';

/** A number of our own among the advisory locks of the database. */
const LOCK = 4_861_064_617;

/** Time limit for one statement of a migration, which may have to wait for another one. */
const MIGRATION_MS = 600_000;

/** The result of a migration. */
export interface MigrationResult {
  /** The steps that were applied now, by number and name; empty where all had been. */
  readonly applied: readonly string[];
  /** The role that serves, as the rights were granted to it. */
  readonly grantedTo: string | undefined;
}

/** The result of turning on the newest format. */
export interface FinishResult {
  readonly from: number;
  readonly to: number;
}

/**
 * Applies the steps of the schema that are missing, all or none, and grants the role that serves
 * what it needs. Run again, it changes nothing.
 *
 * @param login the role that owns the schema
 * @throws StateError
 */
export async function migrate(config: PostgresStateConfig, login: Login): Promise<MigrationResult> {
  const tables = tablesIn(config.schema);
  return await asOwner(config, login, async (client) => {
    await makeSchema(client, config.schema, tables);
    const known = await ask<{ readonly number: number }>(
      client,
      `SELECT number FROM ${tables.migrations}`,
    );
    const numbers = new Set(known.map(({ number }) => number));
    const missing = migrations.filter(({ number }) => !numbers.has(number));
    for (const { number, name, statements } of missing) {
      for (const statement of statements(tables)) await ask(client, statement);
      await ask(client, `INSERT INTO ${tables.migrations} VALUES ($1, $2, now())`, [number, name]);
    }
    const grantedTo = login.user === config.user ? undefined : config.user;
    for (const grant of grantedTo === undefined ? [] : grantsFor(tables, grantedTo)) {
      await ask(client, grant);
    }
    const applied = missing.map(({ number, name }) => `${number} ${name}`);
    return { applied, grantedTo };
  });
}

/**
 * Turns on the newest format of the store, which replicas of the version before cannot read.
 *
 * @throws StateError `conflict` while such a replica lives
 */
export async function finishMigration(
  config: PostgresStateConfig,
  login: Login,
  newestFormat: number,
): Promise<FinishResult> {
  const tables = tablesIn(config.schema);
  return await asOwner(config, login, async (client) => {
    // Waits for leases that are being renewed, and lets none be.
    await ask(client, `LOCK TABLE ${tables.store} IN ACCESS EXCLUSIVE MODE`);
    const [store] = await ask<{ readonly format: number }>(
      client,
      `SELECT format FROM ${tables.store}`,
    );
    if (store === undefined) throw new StateError('empty', 'there is no state store here yet');
    await assertNoneOlder(client, tables, newestFormat);
    const to = Math.max(store.format, newestFormat);
    await ask(client, `UPDATE ${tables.store} SET format = $1`, [to]);
    return { from: store.format, to };
  });
}

/** @throws StateError `conflict` while a replica lives, or may live, that is older */
async function assertNoneOlder(
  client: PoolClient,
  { leases }: Tables,
  newestFormat: number,
): Promise<void> {
  const older = await ask<LeaseRow>(
    client,
    `SELECT name, version, ${STRAY_LEASE} AS is_stray FROM ${leases} ` +
      `WHERE (${LIVE_LEASE} OR ${STRAY_LEASE}) AND format < $1 ORDER BY name`,
    [newestFormat],
  );
  if (older.length === 0) return;
  const strays = older.filter((lease) => lease.is_stray);
  throw new StateError(
    'conflict',
    strays.length < older.length
      ? `replicas that cannot read the format ${newestFormat} are alive: ` +
          `${namesOf(older)}; upgrade them`
      : `there are leases that no replica takes, as they end too late: ${namesOf(strays)}; if no ` +
          `such replica runs, delete their rows in ${leases}`,
  );
}

interface LeaseRow {
  readonly name: string;
  readonly version: string;
  readonly is_stray: boolean;
}

function namesOf(leases: readonly LeaseRow[]): string {
  return leases.map(({ name, version }) => `${name} (${version})`).join(', ');
}

async function makeSchema(client: PoolClient, schema: string, tables: Tables): Promise<void> {
  const [there] = await ask(client, 'SELECT FROM pg_namespace WHERE nspname = $1', [schema]);
  // CREATE SCHEMA IF NOT EXISTS needs the right to make one even where there is one.
  if (there === undefined) await ask(client, `CREATE SCHEMA ${tables.schema}`);
  await ask(
    client,
    `CREATE TABLE IF NOT EXISTS ${tables.migrations} ` +
      '(number integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL)',
  );
}

/** Works in one transaction, one process at a time. */
async function asOwner<T>(
  config: PostgresStateConfig,
  login: Login,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const servers = await Servers.of({ ...config, statementTimeoutMs: MIGRATION_MS }, login);
  try {
    const client = await servers.connect();
    try {
      await begin(client);
      await ask(client, 'SELECT pg_advisory_xact_lock($1)', [LOCK]);
      const result = await work(client);
      await commit(client);
      return result;
    } finally {
      client.release(true); // What was not committed ends with the connection.
    }
  } catch (error) {
    throw asStateError(error);
  } finally {
    await servers.close();
  }
}
