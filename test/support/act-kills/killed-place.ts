import { quickstartConfiguration } from '../holdfast-server.js';
import { migrated, openStore, prepareDatabase } from '../postgres-state.js';
import { PostgresServer } from '../postgres.js';
import { StoppedRecords } from '../stopped-records.js';
import type { PostgresStateConfig } from '../../../src/state/postgres/config.js';

/** A busy machine may stop a process for longer than KMS waits. */
const DEADLINE_MS = 2_000;

/** The place of keys and records whose process is killed. */
export interface KilledPlace {
  readonly title: string;
  /** The configuration that leads there. */
  readonly configuration: object;
  /** The records there, while nothing runs. @param folder of the Holdfast */
  recordsOf(folder: string): StoppedRecords;
  /** Lets the leases end of processes that were killed: nobody waits in a test. */
  forgetLeases(): Promise<void>;
  /** Copies what is not in the folder. */
  copy(): Promise<KilledPlace>;
  /** Removes it. */
  remove(): Promise<void>;
}

/** The places in files: the folder of keys, and the state store in a folder. */
export const PLACES_IN_FILES: readonly KilledPlace[] = (['file', 'sealed'] as const).map((type) => {
  const place: KilledPlace = {
    title: type,
    configuration: configurationOf(type),
    recordsOf: (folder) => StoppedRecords.inFolder(folder),
    forgetLeases: () => Promise.resolve(),
    copy: () => Promise.resolve(place),
    remove: () => Promise.resolve(),
  };
  return place;
});

/** The state store in a database of PostgreSQL, with the keys. */
export class DatabasePlace implements KilledPlace {
  readonly title = 'sealed, in PostgreSQL';
  readonly #server: PostgresServer;
  readonly #state: PostgresStateConfig;
  /** Copies that were made of it. */
  #copies = 0;

  private constructor(server: PostgresServer, state: PostgresStateConfig) {
    this.#server = server;
    this.#state = state;
  }

  /** @param programs the folder of PostgreSQL's programs */
  static async launch(programs: string): Promise<DatabasePlace> {
    const server = await PostgresServer.launch(programs);
    await prepareDatabase(server);
    return new DatabasePlace(server, await migrated(server));
  }

  get configuration(): object {
    const masterKey = { key: '${file:quickstart/master.key}' };
    const password = this.#state.password?.reveal();
    const state = { ...this.#state, password, sealing: masterKey };
    return { ...configurationOf('sealed'), state };
  }

  recordsOf(): StoppedRecords {
    return new StoppedRecords(() => openStore(this.#state, false));
  }

  async forgetLeases(): Promise<void> {
    const { schema, database } = this.#state;
    await this.#server.sql(`DELETE FROM ${schema}.leases`, [], database);
  }

  async copy(): Promise<DatabasePlace> {
    this.#copies += 1;
    const { database } = this.#state;
    const copy = `${database}_${this.#copies}`;
    // Of processes that were killed.
    await this.#server.sql(
      'SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1',
      [database],
    );
    await this.#server.sql(`CREATE DATABASE ${copy} TEMPLATE ${database}`);
    return new DatabasePlace(this.#server, { ...this.#state, database: copy });
  }

  async remove(): Promise<void> {
    await this.#server.sql(`DROP DATABASE ${this.#state.database} WITH (FORCE)`);
  }

  /** Ends the server. */
  dispose(): Promise<void> {
    return this.#server.dispose();
  }
}

function configurationOf(type: 'file' | 'sealed'): object {
  const { keyManagers, ...quickstart } = quickstartConfiguration();
  const configuration = { ...quickstart, deadlineMs: DEADLINE_MS };
  const managers = keyManagers as readonly Record<string, unknown>[];
  if (type === 'file') return { ...configuration, keyManagers };
  const sealed = managers.map(({ name, masterKey }) => ({ name, type, masterKey }));
  return { ...configuration, keyManagers: sealed };
}
