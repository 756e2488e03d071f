import { cpSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { installPostgresql } from '../../../scripts/lib/install-postgresql.mjs';
import { auditSchema } from '../../../src/audit/config.js';
import type { PostgresStateConfig } from '../../../src/state/postgres/config.js';
import { migrated, prepareDatabase } from '../../support/postgres-state.js';
import { PostgresServer } from '../../support/postgres.js';
import { plantQuickstartSecrets } from '../../support/quickstart-secrets.js';
import { lengthenLog } from '../measurements/long-log.js';
import { prepareWorkload } from '../workload.js';
import { folderOnDisk } from './disk.js';
import {
  type HoldfastOptions,
  MAX_REFUSED_SHARE,
  type RunningHoldfast,
  startHoldfast,
} from './holdfast.js';
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

/** The audit log of a server; without it there is none. */
type ServedWith = Pick<HoldfastOptions, 'durability'>;

/** A state folder that each start gets a copy of. */
export class FolderState {
  readonly #folder: string;
  readonly #served: ServedWith;

  private constructor(folder: string, served: ServedWith) {
    this.#folder = folder;
    this.#served = served;
  }

  /** Lets a server begin it; one with an audit log answers some requests. */
  static async begin(served: ServedWith = {}): Promise<FolderState> {
    const folder = await mkdtemp(join(await folderOnDisk(), 'holdfast-bench-folder-'));
    const prepare = plantQuickstartSecrets;
    const server = await startHoldfast('first', { keyManager: KEY_MANAGER, prepare, ...served });
    try {
      if (served.durability !== undefined) await prepareWorkload(server.endpoint);
      await cp(server.stateDirectory, folder, { recursive: true, filter: isNoSocket });
    } finally {
      await server.stop();
    }
    return new FolderState(folder, served);
  }

  /** Writes keys beside those that are there. */
  async plantKeys(count: number): Promise<void> {
    await plantInFiles(join(this.#folder, 'state'), KEY_MANAGER_NAME, count);
  }

  /** Makes its audit log longer by so many bytes, in which so many keys are destroyed. */
  async lengthenLog(bytes: number, destroyed: number): Promise<void> {
    const key = await readFile(join(this.#folder, 'quickstart', 'master.key'), 'utf8');
    const signingKey = { masterKey: { key: key.trim() } };
    const config = auditSchema.parse({ signingKey, durability: 'written' });
    const directory = join(this.#folder, config.directory);
    await lengthenLog({ ...config, directory }, bytes, destroyed);
  }

  /** Starts a server on a copy. */
  async start(name: string): Promise<RunningHoldfast> {
    const prepare = (stateDirectory: string) => {
      cpSync(this.#folder, stateDirectory, { recursive: true });
    };
    return await startHoldfast(name, { keyManager: KEY_MANAGER, prepare, ...this.#served });
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
