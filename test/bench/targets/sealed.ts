import { cpSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { installPostgresql } from '../../../scripts/lib/install-postgresql.mjs';
import type { PostgresStateConfig } from '../../../src/state/postgres/config.js';
import { migrated, prepareDatabase } from '../../support/postgres-state.js';
import { PostgresServer } from '../../support/postgres.js';
import { plantQuickstartSecrets } from '../../support/quickstart-secrets.js';
import { folderOnDisk } from './disk.js';
import { MAX_REFUSED_SHARE, type RunningHoldfast, startHoldfast } from './holdfast.js';
import { plantInFiles, plantInPostgres } from './planted-keys.js';
import type { Target } from './target.js';

const KEY_MANAGER_NAME = 'trial';
const KEY_MANAGER = `  - name: ${KEY_MANAGER_NAME}
    type: sealed
    masterKey:
      key: \${file:quickstart/master.key}`;

/** Keys in the state store, which is a folder. */
export const sealedInFiles: Target = {
  name: 'files',
  maxRefusedShare: MAX_REFUSED_SHARE,
  start: () => startHoldfast('files', { keyManager: KEY_MANAGER }),
};

/** A state folder that each start gets a copy of. */
export class FolderState {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Lets a server begin it. */
  static async begin(): Promise<FolderState> {
    const folder = await mkdtemp(join(await folderOnDisk(), 'holdfast-bench-folder-'));
    const prepare = plantQuickstartSecrets;
    const server = await startHoldfast('first', { keyManager: KEY_MANAGER, prepare });
    await cp(server.stateDirectory, folder, { recursive: true, filter: isNoSocket });
    await server.stop();
    return new FolderState(folder);
  }

  /** Writes keys beside those that are there. */
  async plantKeys(count: number): Promise<void> {
    await plantInFiles(join(this.#folder, 'state'), KEY_MANAGER_NAME, count);
  }

  /** Starts a server on a copy. */
  async start(name: string): Promise<RunningHoldfast> {
    const prepare = (stateDirectory: string) => {
      cpSync(this.#folder, stateDirectory, { recursive: true });
    };
    return await startHoldfast(name, { keyManager: KEY_MANAGER, prepare });
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function isNoSocket(path: string): boolean {
  return !path.endsWith('.sock');
}

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
    const prepare = plantQuickstartSecrets;
    return await startHoldfast(name, { keyManager: KEY_MANAGER, state, prepare });
  }

  /** Writes keys beside those that are there, while no replica runs. */
  async plantKeys(count: number): Promise<void> {
    await plantInPostgres(this.#server, this.#config, KEY_MANAGER_NAME, count);
  }

  /** The same as something to be measured. */
  replica(name: string): Target {
    return { name, maxRefusedShare: MAX_REFUSED_SHARE, start: () => this.startReplica(name) };
  }

  async stop(): Promise<void> {
    await this.#server.dispose();
  }
}
