import { installPostgresql } from '../../../scripts/lib/install-postgresql.mjs';
import type { PostgresStateConfig } from '../../../src/state/postgres/config.js';
import { migrated, prepareDatabase } from '../../support/postgres-state.js';
import { PostgresServer } from '../../support/postgres.js';
import { plantQuickstartSecrets } from '../../support/quickstart-secrets.js';
import { MAX_REFUSED_SHARE, type RunningHoldfast, startHoldfast } from './holdfast.js';
import type { Target } from './target.js';

const KEY_MANAGER = `  - name: trial
    type: sealed
    masterKey:
      key: \${file:quickstart/master.key}`;

/** Keys in the state store, which is a folder. */
export const sealedInFiles: Target = {
  name: 'files',
  maxRefusedShare: MAX_REFUSED_SHARE,
  start: () => startHoldfast('files', { keyManager: KEY_MANAGER }),
};

/** A PostgreSQL that replicas keep their state in. */
export class SharedState {
  readonly #server: PostgresServer;
  readonly #config: PostgresStateConfig;

  private constructor(server: PostgresServer, config: PostgresStateConfig) {
    this.#server = server;
    this.#config = config;
  }

  /** Starts it, with durability as in production. */
  static async launch(): Promise<SharedState> {
    const server = await PostgresServer.launch(await installPostgresql());
    await prepareDatabase(server);
    return new SharedState(server, await migrated(server));
  }

  /** Starts a replica that keeps its keys there. */
  async startReplica(name: string): Promise<RunningHoldfast> {
    const state = { ...this.#config, password: this.#config.password?.reveal() };
    const plantSecrets = plantQuickstartSecrets;
    return await startHoldfast(name, { keyManager: KEY_MANAGER, state, plantSecrets });
  }

  /** The same as something to be measured. */
  replica(name: string): Target {
    return { name, maxRefusedShare: MAX_REFUSED_SHARE, start: () => this.startReplica(name) };
  }

  async stop(): Promise<void> {
    await this.#server.dispose();
  }
}
