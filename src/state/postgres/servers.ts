import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { StateError } from '../errors.js';
import type { PostgresStateConfig } from './config.js';
import { connectFailure, statementFailure } from './failures.js';
import { messageOf } from '../../shared/reason-of.js';

const DEFAULT_PORT = 5432;
/** The oldest PostgreSQL that is tested. */
const OLDEST_VERSION = 150_000;
/** The time that a server gets to cancel a statement itself, before the connection is given up. */
const CANCEL_MS = 500;
const INT8 = 20;

/** Numbers of the store are below 2^53. */
const types = new pg.TypeOverrides();
types.setTypeParser(INT8, Number);

/** The role that connects, and its password. */
export type Login = Pick<PostgresStateConfig, 'user' | 'password'>;

interface Standing {
  readonly in_recovery: boolean;
  readonly encoding: string;
  readonly version_number: number;
  readonly version: string;
}

const STANDING =
  'SELECT pg_is_in_recovery() AS in_recovery, ' +
  "current_setting('server_encoding') AS encoding, " +
  "current_setting('server_version_num')::int AS version_number, " +
  "current_setting('server_version') AS version";

/** Judges a server by its own words. @throws StateError for one that cannot be used */
export function assertUsable({ in_recovery, encoding, version_number, version }: Standing): void {
  if (version_number < OLDEST_VERSION) {
    throw new StateError('misconfigured', `it is PostgreSQL ${version}; 15 or later is needed`);
  }
  if (encoding !== 'UTF8') {
    throw new StateError(
      'misconfigured',
      `its database has the encoding ${encoding}, and UTF8 is needed`,
    );
  }
  if (in_recovery) throw new StateError('unavailable', 'it is a standby, or still recovering');
}

interface ServerPool {
  readonly address: string;
  readonly pool: pg.Pool;
}

/**
 * The servers of one PostgreSQL, with a pool of connections to each. The one that was of use last
 * is tried first; one that is in recovery takes no changes, and is passed over.
 */
export class Servers {
  readonly #pools: readonly ServerPool[];
  #preferred = 0;

  private constructor(pools: readonly ServerPool[]) {
    this.#pools = pools;
  }

  /** Reads certificates, and connects to nothing yet. @throws StateError */
  static async of(config: PostgresStateConfig, login: Login): Promise<Servers> {
    const ssl = await tlsOf(config);
    const pools = config.addresses.map((address) => ({
      address,
      pool: poolTo(address, config, login, ssl),
    }));
    return new Servers(pools);
  }

  /**
   * Takes a connection to the primary.
   *
   * @throws StateError `unavailable` or `misconfigured`, which names every server
   */
  async connect(): Promise<pg.PoolClient> {
    const failures: { readonly address: string; readonly code: string; readonly told: string }[] =
      [];
    for (const index of this.#inTurn()) {
      const server = this.#pools[index];
      if (server === undefined) continue;
      try {
        const client = await server.pool.connect();
        this.#preferred = index;
        return client;
      } catch (error) {
        failures.push({ address: server.address, ...connectFailure(error) });
      }
    }
    const isHopeless = failures.every(({ code }) => code === 'misconfigured');
    const told = failures.map((failure) => `${failure.address}: ${failure.told}`).join('; ');
    throw new StateError(
      isHopeless ? 'misconfigured' : 'unavailable',
      `no server of the state store can be used: ${told}`,
    );
  }

  /** Waits for connections in use, and closes all. */
  async close(): Promise<void> {
    await Promise.all(this.#pools.map(({ pool }) => pool.end()));
  }

  #inTurn(): readonly number[] {
    const { length } = this.#pools;
    return Array.from({ length }, (_, offset) => (this.#preferred + offset) % length);
  }
}

/** Asks on a connection. @throws StateError, or ConnectionLost */
export async function ask<Row extends pg.QueryResultRow>(
  client: pg.ClientBase,
  text: string,
  values: readonly unknown[] = [],
): Promise<readonly Row[]> {
  try {
    return (await client.query<Row>(text, [...values])).rows;
  } catch (error) {
    throw statementFailure(error);
  }
}

function poolTo(
  address: string,
  config: PostgresStateConfig,
  { user, password }: Login,
  ssl: pg.ClientConfig['ssl'],
): pg.Pool {
  const { host, port } = hostAndPort(address);
  const pool = new pg.Pool({
    host,
    port,
    ssl,
    types,
    user,
    // As a function, so that nothing of the environment (PGPASSWORD, .pgpass) takes its place.
    password: () => password?.reveal() ?? '',
    database: config.database,
    application_name: 'holdfast',
    // What the environment says of these (PGOPTIONS, PGCLIENTENCODING) does not count either.
    // No statement is worth compiling: where statistics are missing, each would take 300 ms.
    options: '-c search_path=pg_catalog -c jit=off',
    client_encoding: 'UTF8',
    max: config.poolSize,
    connectionTimeoutMillis: config.connectTimeoutMs,
    statement_timeout: config.statementTimeoutMs,
    query_timeout: config.statementTimeoutMs + CANCEL_MS,
    // What a replica that is gone has begun must end before others have waited for it too long.
    idle_in_transaction_session_timeout: Math.ceil(config.statementTimeoutMs / 2),
    keepAlive: true,
    allowExitOnIdle: true,
    verify: (client, done) => {
      ask<Standing>(client, STANDING)
        .then(([standing]) => {
          if (standing !== undefined) assertUsable(standing);
          done();
        })
        .catch(done);
    },
  });
  // A connection that breaks while nobody uses it is left out; whoever asks next connects anew.
  pool.on('error', () => undefined);
  // The same while it is in use: the query fails, and tells whoever waits for it.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/** @param address as the configuration allows it: `db1`, `db1:5432`, `[::1]:5432` */
function hostAndPort(address: string): { readonly host: string; readonly port: number } {
  const groups = /^\[?(?<host>[^\]]*?)\]?(:(?<port>\d+))?$/.exec(address)?.groups;
  return { host: groups?.['host'] ?? address, port: Number(groups?.['port'] ?? DEFAULT_PORT) };
}

async function tlsOf({ tls }: PostgresStateConfig) {
  if (tls === 'off') return false;
  const ca = await read(tls.certificateAuthority, 'state.tls.certificateAuthority');
  const { certificate, privateKey } = tls;
  // Said, because NODE_TLS_REJECT_UNAUTHORIZED would have a say otherwise.
  const verified = { ca, rejectUnauthorized: true };
  if (certificate === undefined || privateKey === undefined) return verified;
  const cert = await read(certificate, 'state.tls.certificate');
  return { ...verified, cert, key: await read(privateKey, 'state.tls.privateKey') };
}

async function read(path: string, field: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const reason = messageOf(error);
    throw new StateError('misconfigured', `${field} cannot be read: ${reason}`, { cause: error });
  }
}
