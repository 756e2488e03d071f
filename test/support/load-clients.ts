import { Agent, request } from 'node:https';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { accessKeyIdOf, type ReloadedServer } from './launch-reloaded.js';
import { encryptBody, signedHeaders } from './xks-requests.js';

/** The key that the clients encrypt under, in the key store `quickstart`. */
const KEY = 'loaded';
/** The wait of a client without a rate, whose last request took less. */
const PAUSE_MS = 1;
/** A request that leaves so much after it is due has waited for a client to be free. */
const LATE_MS = 100;

/** The clients of a load. */
export interface LoadConfig {
  readonly clients: number;
  /**
   * Requests of all clients together. They leave on schedule, answered or not, as long as a client
   * is free. Absent: each client sends as soon as it has its answer.
   */
  readonly requestsPerSecond?: number | undefined;
}

/** What came of a load. */
export interface LoadOutcome {
  readonly requests: number;
  readonly requestsPerSecond: number;
  /** Requests that left 100 ms after they were due, or later. */
  readonly late: number;
  /** What was not answered with 200, in words. */
  readonly failures: readonly string[];
  /** Connections that were made; one a client where none was dropped. */
  readonly connections: number;
  readonly clients: number;
}

/** Clients that encrypt until they are stopped, each on a connection that it keeps. */
export class LoadClients {
  readonly #reloaded: ReloadedServer;
  readonly #config: LoadConfig;
  readonly #startedAt = performance.now();
  readonly #running: Promise<unknown>;
  readonly #failures: string[] = [];
  #due = 0;
  #requests = 0;
  #late = 0;
  readonly #connections = new Set<Socket>();
  #isOver = false;

  private constructor(reloaded: ReloadedServer, config: LoadConfig) {
    this.#reloaded = reloaded;
    this.#config = config;
    const clients = Array.from({ length: config.clients }, () => this.#client());
    this.#running = Promise.all(clients);
  }

  /** Makes the key, and begins to encrypt. */
  static async start(reloaded: ReloadedServer, config: LoadConfig): Promise<LoadClients> {
    const body = { externalKeyId: KEY, keyStore: 'quickstart', usage: ['ENCRYPT', 'DECRYPT'] };
    await reloaded.admin.call('createKey', { body: body as never });
    return new LoadClients(reloaded, config);
  }

  /** Requests that were sent so far. */
  get requests(): number {
    return this.#requests;
  }

  /** Waits for the last answers. */
  async stop(): Promise<LoadOutcome> {
    this.#isOver = true;
    await this.#running;
    const seconds = (performance.now() - this.#startedAt) / 1000;
    return {
      requests: this.#requests,
      requestsPerSecond: Math.round(this.#requests / seconds),
      late: this.#late,
      failures: this.#failures,
      connections: this.#connections.size,
      clients: this.#config.clients,
    };
  }

  async #client(): Promise<void> {
    const ca = this.#reloaded.authority.certificate;
    const agent = new Agent({ keepAlive: true, maxSockets: 1, ca });
    while (!this.#isOver) {
      await this.#turn();
      this.#requests += 1;
      const failure = await this.#encrypt(agent).catch((error: unknown) => String(error));
      if (failure !== undefined) this.#failures.push(failure);
    }
    agent.destroy();
  }

  /** Waits until the next request of the schedule is due, or for a moment. */
  async #turn(): Promise<void> {
    const { requestsPerSecond } = this.#config;
    if (requestsPerSecond === undefined) {
      await sleep(PAUSE_MS);
      return;
    }
    const dueAt = this.#startedAt + (1000 * this.#due) / requestsPerSecond;
    this.#due += 1;
    const leftMs = dueAt - performance.now();
    if (leftMs > 0) await sleep(leftMs);
    else if (leftMs <= -LATE_MS) this.#late += 1;
  }

  /** @returns what went wrong */
  #encrypt(agent: Agent): Promise<string | undefined> {
    const { port, credential } = this.#reloaded.server;
    const path = `/quickstart/kms/xks/v1/keys/${KEY}/encrypt`;
    const body = Buffer.from(JSON.stringify(encryptBody()));
    const own = { ...credential, accessKeyId: accessKeyIdOf('quickstart') };
    const headers = signedHeaders({ credential: own, host: `localhost:${port}`, path, body });
    const place = { host: '127.0.0.1', servername: 'localhost', port, path };
    return new Promise((resolve, reject) => {
      const sent = request({ ...place, agent, headers, method: 'POST' }, (response) => {
        let text = '';
        response.on('data', (part: Buffer) => (text += part.toString()));
        response.on('end', () => {
          resolve(response.statusCode === 200 ? undefined : `${response.statusCode} ${text}`);
        });
      });
      sent.on('socket', (socket) => this.#connections.add(socket));
      sent.on('error', reject);
      sent.end(body);
    });
  }
}
