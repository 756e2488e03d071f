import { randomBytes } from 'node:crypto';
import { Secret } from '../../src/shared/secret.js';
import { systemClock } from '../../src/shared/clock.js';
import type { PostgresStateConfig } from '../../src/state/postgres/config.js';
import { migrate } from '../../src/state/postgres/migrate.js';
import { openPostgresStore } from '../../src/state/postgres/open.js';
import type { PostgresStore } from '../../src/state/postgres/postgres-store.js';
import type { Login } from '../../src/state/postgres/servers.js';
import type { PostgresServer } from './postgres.js';

/** The role that serves, and the one that migrates. */
export const SERVE: Login = { user: 'serve', password: new Secret('canary-postgres-serve-17') };
export const MIGRATE: Login = {
  user: 'migrate',
  password: new Secret('canary-postgres-migrate-29'),
};

const DATABASE = 'state';
let schemas = 0;

/** Makes the roles and the database, as docs/state-postgresql.md has them. */
export async function prepareDatabase(server: PostgresServer): Promise<void> {
  for (const { user, password } of [SERVE, MIGRATE]) {
    await server.sql(`CREATE ROLE ${user} LOGIN PASSWORD '${password?.reveal() ?? ''}'`);
  }
  await server.sql(`CREATE DATABASE ${DATABASE}`);
  await server.sql(`GRANT CREATE ON DATABASE ${DATABASE} TO ${MIGRATE.user}`);
  await server.sql(`GRANT pg_read_all_stats TO ${SERVE.user}`);
}

/** The configuration of a store in a schema of its own, which is not there yet. */
export function stateConfig(
  server: PostgresServer,
  given: Partial<PostgresStateConfig> = {},
): PostgresStateConfig {
  schemas += 1;
  return {
    type: 'postgres',
    addresses: [server.address],
    database: DATABASE,
    ...SERVE,
    schema: `s${process.pid}_${schemas}`,
    tls: { certificateAuthority: server.caPath },
    poolSize: 4,
    connectTimeoutMs: 5_000,
    statementTimeoutMs: 5_000,
    ...given,
  };
}

/** Makes the tables of a configuration, or of one of its own. */
export async function migrated(
  server: PostgresServer,
  given: Partial<PostgresStateConfig> = {},
): Promise<PostgresStateConfig> {
  const config = stateConfig(server, given);
  await migrate(config, MIGRATE);
  return config;
}

/** Opens a store, and begins it where there is none. */
export function openStore(config: PostgresStateConfig, mayBegin = true): Promise<PostgresStore> {
  return openPostgresStore(config, { clock: systemClock, randomBytes, mayBegin });
}

/** Asks as the superuser in the database of the store; `$schema` stands for its schema. */
export async function stateSql(
  server: PostgresServer,
  { schema }: Pick<PostgresStateConfig, 'schema'>,
  query: string,
  values: readonly unknown[] = [],
): Promise<readonly Record<string, unknown>[]> {
  const { rows } = await server.sql(query.replaceAll('$schema', schema), values, DATABASE);
  return rows;
}

/** Asks as one of the roles. */
export async function sqlAs(
  server: PostgresServer,
  { schema, database }: PostgresStateConfig,
  { user, password }: Login,
  query: string,
): Promise<void> {
  const client = server.clientAt(server.port, 10_000, {
    database,
    user,
    password: password?.reveal() ?? '',
  });
  await client.connect();
  try {
    await client.query(query.replaceAll('$schema', schema));
  } finally {
    await client.end();
  }
}
