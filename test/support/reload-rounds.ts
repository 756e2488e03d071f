import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
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
import { LoadClients, type LoadConfig, type LoadOutcome } from './load-clients.js';

/** Samples of the memory, one after each round; the median of those of ten rounds is told. */
const MEMORY_ROUNDS = 10;

/** What came of reloads under load. */
export interface ReloadOutcome extends LoadOutcome {
  readonly generation: number;
  /** Resident memory of the server in MiB, after the first rounds and after the last ones. */
  readonly memoryMiB: { readonly early: number; readonly late: number };
}

/** Reloads of everything that changes, while clients encrypt. */
export class ReloadRounds {
  readonly #reloaded: ReloadedServer;
  readonly #certificates: readonly IssuedCertificate[];
  readonly #load: LoadClients;
  readonly #memory: number[] = [];

  private constructor(
    reloaded: ReloadedServer,
    certificates: readonly IssuedCertificate[],
    load: LoadClients,
  ) {
    this.#reloaded = reloaded;
    this.#certificates = certificates;
    this.#load = load;
  }

  /** Starts a server in a folder, and clients that each have a connection. */
  static async start(folder: string, config: LoadConfig): Promise<ReloadRounds> {
    const reloaded = await launchPoliced(folder);
    const certificates = [await reloaded.issue('a.example'), await reloaded.issue('b.example')];
    return new ReloadRounds(reloaded, certificates, await LoadClients.start(reloaded, config));
  }

  /** Changes a certificate, the policies, a credential, and key stores and key managers. */
  async round(number: number): Promise<void> {
    const { certify, write, configuration, admin, folder } = this.#reloaded;
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
    this.#sampleMemory();
  }

  /** A round that changes nothing, for comparison: it takes the time of one that does. */
  async roundWithoutReload(durationMs: number): Promise<void> {
    await sleep(durationMs);
    this.#sampleMemory();
  }

  /** Ends the load and the server. */
  async end(): Promise<ReloadOutcome> {
    const { generation } = await this.#reloaded.status();
    const outcome = await this.#load.stop();
    await this.#reloaded.server.stop();
    return {
      ...outcome,
      generation: generation.number,
      memoryMiB: {
        early: median(this.#memory.slice(0, MEMORY_ROUNDS)),
        late: median(this.#memory.slice(-MEMORY_ROUNDS)),
      },
    };
  }

  #sampleMemory(): void {
    this.#memory.push(residentMiB(this.#reloaded.server.pid));
  }
}

/** Starts a server whose key store has policies. */
export async function launchPoliced(
  folder: string,
  nodeFlags: readonly string[] = [],
): Promise<ReloadedServer> {
  mkdirSync(join(folder, 'policies'));
  writePolicies(folder, 0);
  return launchReloaded(
    folder,
    ({ keyStores: [first] }) => {
      if (first !== undefined) first['policies'] = { directory: 'policies' };
    },
    {},
    nodeFlags,
  );
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

function median(numbers: readonly number[]): number {
  return Math.round(numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0);
}
