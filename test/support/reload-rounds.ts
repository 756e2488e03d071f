import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { IssuedCertificate } from './certificates.js';
import {
  accessKeyIdOf,
  keyManager,
  keyStore,
  launchReloaded,
  type ReloadedServer,
} from './launch-reloaded.js';
import { encryptBody, signedHeaders } from './xks-requests.js';

const KEY = 'loaded';
/** The wait of a client whose last request took less. */
const PAUSE_MS = 1;
/** Samples of the memory after each round; the median of those of ten rounds is told. */
const MEMORY_ROUNDS = 10;

/** What came of reloads under load. */
export interface ReloadOutcome {
  readonly requests: number;
  readonly requestsPerSecond: number;
  /** What was not answered with 200, in words. */
  readonly failures: readonly string[];
  /** Connections that were made; one a client where none was dropped. */
  readonly connections: number;
  readonly clients: number;
  readonly generation: number;
  /** Resident memory of the server in MiB, after the first rounds and after the last ones. */
  readonly memoryMiB: { readonly early: number; readonly late: number };
}

/** Reloads of everything that changes, while clients encrypt without a pause. */
export class ReloadRounds {
  readonly #reloaded: ReloadedServer;
  readonly #certificates: readonly IssuedCertificate[];
  readonly #clients: readonly LoadClient[];
  readonly #memory: number[] = [];
  readonly #startedAt = performance.now();
  #isOver = false;
  readonly #load: Promise<unknown>;

  private constructor(
    reloaded: ReloadedServer,
    certificates: readonly IssuedCertificate[],
    clients: number,
  ) {
    this.#reloaded = reloaded;
    this.#certificates = certificates;
    this.#clients = Array.from({ length: clients }, () => new LoadClient(reloaded));
    this.#load = Promise.all(this.#clients.map((client) => client.run(() => this.#isOver)));
  }

  /** Starts a server in a folder, and clients that each have a connection. */
  static async start(folder: string, clients: number): Promise<ReloadRounds> {
    mkdirSync(join(folder, 'policies'));
    writePolicies(folder, 0);
    const reloaded = await launchReloaded(folder, ({ keyStores: [first] }) => {
      if (first !== undefined) first['policies'] = { directory: 'policies' };
    });
    const { admin } = reloaded;
    const body = { externalKeyId: KEY, keyStore: 'quickstart', usage: ['ENCRYPT', 'DECRYPT'] };
    await admin.call('createKey', { body: body as never });
    const certificates = [await reloaded.issue('a.example'), await reloaded.issue('b.example')];
    return new ReloadRounds(reloaded, certificates, clients);
  }

  /** Changes a certificate, the policies, a credential, and key stores and key managers. */
  async round(number: number): Promise<void> {
    const { certify, write, configuration, admin, server, folder } = this.#reloaded;
    const certificate = this.#certificates[number % this.#certificates.length];
    if (certificate !== undefined) certify(certificate);
    writePolicies(folder, number);
    const [first, ...rest] = configuration.keyStores;
    const credentials = first?.['credentials'] as readonly object[];
    const second = {
      ...credentials[0],
      accessKeyId: accessKeyIdOf(number % 2 === 0 ? 'EVEN' : 'ODD'),
    };
    const changed = { ...first, credentials: [...credentials, second] };
    const more = number % 2 === 0;
    write({
      ...configuration,
      keyStores: [changed, ...rest, ...(more ? [keyStore('more', 'more')] : [])],
      keyManagers: [...configuration.keyManagers, ...(more ? [keyManager('more')] : [])],
    });
    await admin.call('reload', { body: { init: true } });
    this.#memory.push(residentMiB(server.pid));
  }

  /** Ends the load and the server. */
  async end(): Promise<ReloadOutcome> {
    const { generation } = await this.#reloaded.status();
    this.#isOver = true;
    await this.#load;
    const seconds = (performance.now() - this.#startedAt) / 1000;
    await this.#reloaded.server.stop();
    const requests = sum(this.#clients.map(({ requests: each }) => each));
    return {
      requests,
      requestsPerSecond: Math.round(requests / seconds),
      failures: this.#clients.flatMap(({ failures }) => failures),
      connections: sum(this.#clients.map(({ connections }) => connections)),
      clients: this.#clients.length,
      generation: generation.number,
      memoryMiB: {
        early: median(this.#memory.slice(0, MEMORY_ROUNDS)),
        late: median(this.#memory.slice(-MEMORY_ROUNDS)),
      },
    };
  }
}

/** A client that encrypts all the time, on a connection of its own. */
class LoadClient {
  requests = 0;
  connections = 0;
  readonly failures: string[] = [];
  readonly #reloaded: ReloadedServer;
  readonly #agent: Agent;

  constructor(reloaded: ReloadedServer) {
    this.#reloaded = reloaded;
    const ca = reloaded.authority.certificate;
    this.#agent = new Agent({ keepAlive: true, maxSockets: 1, ca });
  }

  async run(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      this.requests += 1;
      const failure = await this.#encrypt().catch((error: unknown) => String(error));
      if (failure !== undefined) this.failures.push(failure);
      await sleep(PAUSE_MS);
    }
    this.#agent.destroy();
  }

  /** @returns what went wrong */
  #encrypt(): Promise<string | undefined> {
    const { server } = this.#reloaded;
    const { port, credential } = server;
    const path = `/quickstart/kms/xks/v1/keys/${KEY}/encrypt`;
    const body = Buffer.from(JSON.stringify(encryptBody()));
    const own = { ...credential, accessKeyId: accessKeyIdOf('quickstart') };
    const headers = signedHeaders({ credential: own, host: `localhost:${port}`, path, body });
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          host: '127.0.0.1',
          servername: 'localhost',
          port,
          agent: this.#agent,
          path,
          headers,
          method: 'POST',
        },
        (response) => {
          let text = '';
          response.on('data', (part: Buffer) => (text += part.toString()));
          response.on('end', () => {
            resolve(response.statusCode === 200 ? undefined : `${response.statusCode} ${text}`);
          });
        },
      );
      sent.on('socket', () => {
        if (!sent.reusedSocket) this.connections += 1;
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }
}

/** Policies that permit everything, and are others in each round. */
function writePolicies(folder: string, round: number): void {
  const text = `// Round ${round}.\npermit (principal, action, resource);\n`;
  writeFileSync(join(folder, 'policies', 'all.cedar'), text);
}

function residentMiB(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

function median(numbers: readonly number[]): number {
  return Math.round(numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0);
}
