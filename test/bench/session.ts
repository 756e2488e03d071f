import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LoadResult } from './load/wrk.js';
import { runWrk } from './load/wrk.js';
import { OPERATIONS, writeRequests, type Operation } from './requests.js';
import type { Endpoint, RunningTarget, Target } from './targets/target.js';
import { prepareWorkload, signWorkload, type Workload } from './workload.js';

/** How long and on how many connections to load a server. */
export interface Load {
  readonly connections: number;
  readonly seconds: number;
}

/** The differences of requests from those that the server is to answer. */
export interface Forge {
  /** The endpoint's facts that they are signed with instead. */
  readonly endpoint?: Partial<Endpoint>;
  /** Changes each after it was signed. */
  readonly change?: (request: Buffer) => Buffer;
}

interface PreparedLoad {
  readonly workload: Workload;
  /** For files of requests. */
  readonly directory: string;
}

/** A running server with requests that it is known to answer correctly. */
export class Session {
  readonly name: string;
  readonly server: RunningTarget;
  /** Of all requests; more than that, and nothing is measured. */
  readonly maxRefusedShare: number;
  readonly #workload: Workload;
  readonly #directory: string;

  private constructor(target: Target, server: RunningTarget, load: PreparedLoad) {
    this.name = server.name;
    this.server = server;
    this.maxRefusedShare = target.maxRefusedShare ?? 0;
    this.#workload = load.workload;
    this.#directory = load.directory;
  }

  /** Starts the target and checks its answers. */
  static async begin(target: Target): Promise<Session> {
    const server = await target.start();
    try {
      const workload = await prepareWorkload(server.endpoint);
      const directory = await mkdtemp(join(tmpdir(), `holdfast-bench-${target.name}-requests-`));
      return new Session(target, server, { workload, directory });
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /** Signs anew and writes the requests of one operation; use the file within five minutes. */
  async freshRequests(operation: Operation, { endpoint, change }: Forge = {}): Promise<string> {
    const file = join(this.#directory, operation);
    const signer = { ...this.server.endpoint, ...endpoint };
    const requests = signWorkload(signer, operation, this.#workload);
    await writeRequests(file, change === undefined ? requests : requests.map(change));
    return file;
  }

  /**
   * Loads the server as fast as it answers.
   *
   * @param forge what the requests are not; such as are forged may all be refused
   * @throws Error that names the server, when it does not answer what it must
   */
  async load(operation: Operation, load: Load, forge: Forge = {}): Promise<LoadResult> {
    const requestsFile = await this.freshRequests(operation, forge);
    try {
      const { server } = this;
      const maxRefusedShare = Object.keys(forge).length > 0 ? 1 : this.maxRefusedShare;
      return await runWrk({ endpoint: server.endpoint, requestsFile, maxRefusedShare, ...load });
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`${this.name}, ${operation}: ${why}`, { cause });
    }
  }

  /** Loads both operations until the server's code is optimised. */
  async warmUp(seconds: number): Promise<void> {
    if (seconds === 0) return;
    for (const operation of OPERATIONS) await this.load(operation, { connections: 16, seconds });
  }

  async end(): Promise<void> {
    await this.server.stop();
    await rm(this.#directory, { recursive: true, force: true });
  }
}
