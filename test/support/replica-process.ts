import type { Status } from '../../src/admin/contract/status.js';
import { AdminClient } from '../../src/cli/admin-client.js';
import { repositoryPath } from './container-files.js';
import type { BalancedServer } from './haproxy.js';
import { type HoldfastServer, startHoldfast } from './holdfast-server.js';
import { type CallOverrides, type Reply, XksClient } from './xks-client.js';
import type { Body } from './xks-requests.js';

const TOLD_LINES = 20;

/** The place of a replica, and the authority that its certificate is from. */
interface ReplicaPlace extends BalancedServer {
  readonly folder: string;
  readonly authority: string;
}

/** One Holdfast of several that share a state store, on ports that it keeps. */
export class Replica implements BalancedServer {
  readonly name: string;
  readonly port: number;
  readonly operationsPort: number;
  readonly folder: string;
  readonly #configuration: object;
  readonly #authority: string;
  #server: HoldfastServer | undefined;

  constructor(place: ReplicaPlace, configuration: object) {
    this.#authority = place.authority;
    this.name = place.name;
    this.port = place.port;
    this.operationsPort = place.operationsPort;
    this.folder = place.folder;
    this.#configuration = configuration;
  }

  /** The running process. @throws Error where there is none */
  get server(): HoldfastServer {
    if (this.#server === undefined) throw new Error(`${this.name} does not run`);
    return this.#server;
  }

  /** Its administrative socket. */
  get admin(): AdminClient {
    return new AdminClient(this.server.adminSocket);
  }

  get isRunning(): boolean {
    return this.#server !== undefined;
  }

  /** Tells people whether it runs or how it has ended, and the last that it has printed. */
  get told(): string {
    if (this.#server === undefined) return `${this.name} was not started, or was stopped`;
    const last = this.#server.log().trimEnd().split('\n').slice(-TOLD_LINES);
    return [`${this.name} ${this.#server.toldOfEnd()}; its last lines:`, ...last].join('\n');
  }

  /** Creates a key for both uses as an operator does. @throws CliError with the refusal */
  async createKey(externalKeyId: string): Promise<void> {
    await new AdminClient(this.server.adminSocket).call('createKey', {
      body: { externalKeyId, keyStore: 'quickstart', usage: ['ENCRYPT', 'DECRYPT'] },
    });
  }

  /** Lists the keys that it knows: their current versions by their ids. */
  async keys(): Promise<ReadonlyMap<string, number | undefined>> {
    const admin = new AdminClient(this.server.adminSocket);
    const { keys } = await admin.call('listKeys', { query: {} });
    return new Map(keys.map((key) => [key.externalKeyId, key.currentVersion]));
  }

  /** Tells how it stands towards the state store. */
  async standing(): Promise<string> {
    return (await this.status()).state.standing;
  }

  /** Tells what `holdfast status` tells. */
  async status(): Promise<Status> {
    return await new AdminClient(this.server.adminSocket).call('showStatus', {});
  }

  /** Calls an operation of a key on this replica, on a connection of its own. */
  async call(
    externalKeyId: string,
    operation: string,
    body: Body,
    overrides: CallOverrides = {},
  ): Promise<Reply> {
    const { uriPath, credential } = this.server;
    const client = new XksClient({ ca: this.#authority, uriPath, credential, port: this.port });
    try {
      return await client.call(`keys/${externalKeyId}/${operation}`, body, overrides);
    } finally {
      client.close();
    }
  }

  /**
   * Resolves when it serves.
   *
   * @param env for its process alone
   * @param program default: the built one
   */
  async start(
    env: Readonly<Record<string, string>> = {},
    program = repositoryPath('dist/cli/main.js'),
  ): Promise<void> {
    this.#server = await startHoldfast({
      configuration: this.#configuration,
      stateDirectory: this.folder,
      args: [program, 'serve'],
      env: {
        HOLDFAST_PORT: String(this.port),
        HOLDFAST_OPERATIONS_PORT: String(this.operationsPort),
        ...env,
      },
    });
  }

  /** Waits until HAProxy, which asks the same, sends it calls. */
  async ready(): Promise<void> {
    const address = `http://127.0.0.1:${this.operationsPort}/readyz`;
    const endsAt = Date.now() + 30_000;
    while (
      !(await fetch(address).then(
        ({ ok }) => ok,
        () => false,
      ))
    ) {
      if (Date.now() > endsAt) throw new Error(`it does not get ready: ${this.told}`);
    }
  }

  /** SIGTERM. @returns the exit code */
  async stop(): Promise<number | string> {
    const { server } = this;
    this.#server = undefined;
    return await server.stop();
  }

  /** SIGKILL, as a crash. */
  async kill(): Promise<void> {
    const { server } = this;
    this.#server = undefined;
    await server.kill();
  }
}
