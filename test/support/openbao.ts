import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { z } from 'zod';
import {
  type CertificateAuthority,
  issueCertificate,
  makeCertificateAuthority,
} from './certificates.js';
import { freePorts } from './free-ports.js';
import { testLogPath } from './test-log.js';

const START_TIMEOUT_MS = 60_000;
const leaderAnswer = z.object({ leader_address: z.string().default('') });
const initialised = z.object({ keys_base64: z.tuple([z.string()]), root_token: z.string() });

/** An answer of the API. */
export interface OpenbaoAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** What opens a cluster's storage and lets one do everything. */
interface RootSecrets {
  readonly unsealKey: string;
  readonly rootToken: string;
}

/**
 * A real OpenBao server on loopback, with TLS and raft storage on disk. It outlives a test: stop
 * it when the file ends.
 */
export class OpenbaoServer {
  readonly address: string;
  readonly caPath: string;
  readonly authority: CertificateAuthority;
  readonly #program: string;
  readonly #folder: string;
  readonly #agent: Agent;
  #process: ChildProcess | undefined;
  #secrets: RootSecrets | undefined;

  private constructor(
    program: string,
    folder: string,
    port: number,
    authority: CertificateAuthority,
  ) {
    this.address = `https://127.0.0.1:${port}`;
    this.caPath = join(folder, 'ca.pem');
    this.authority = authority;
    this.#program = program;
    this.#folder = folder;
    this.#agent = new Agent({ connect: { ca: authority.certificate } });
  }

  /** Starts a server that is neither initialised nor part of a cluster. */
  static async launch(program: string, authority?: CertificateAuthority): Promise<OpenbaoServer> {
    const issuer = authority ?? (await makeCertificateAuthority('OpenBao test root'));
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-openbao-'));
    const [port = 0, clusterPort = 0] = await freePorts(2);
    const server = new OpenbaoServer(program, folder, port, issuer);
    await server.#writeFiles(port, clusterPort);
    await server.start();
    return server;
  }

  /** Starts a server that is ready, with Transit at `transit/`. */
  static async startReady(program: string): Promise<OpenbaoServer> {
    const server = await OpenbaoServer.launch(program);
    try {
      await server.initialise();
      await server.must('POST', 'sys/mounts/transit', { type: 'transit' });
      return server;
    } catch (error) {
      await server.dispose();
      throw error;
    }
  }

  get rootToken(): string {
    return this.#rootSecrets().rootToken;
  }

  async initialise(): Promise<void> {
    const shares = { secret_shares: 1, secret_threshold: 1 };
    const { body } = await this.call('POST', 'sys/init', shares);
    const { keys_base64: keys, root_token: rootToken } = initialised.parse(body);
    this.#secrets = { unsealKey: keys[0], rootToken };
    await this.unseal();
  }

  /** Makes this server a follower of another one. */
  async join(leader: OpenbaoServer): Promise<void> {
    this.#secrets = leader.#rootSecrets();
    await this.call('POST', 'sys/storage/raft/join', {
      leader_api_addr: leader.address,
      leader_ca_cert: this.authority.certificate,
    });
    await this.unseal();
  }

  /** Resolves when the server answers, sealed or not. */
  async start(): Promise<void> {
    const log = openSync(testLogPath('openbao'), 'a');
    this.#process = spawn(this.#program, ['server', '-config', join(this.#folder, 'bao.hcl')], {
      stdio: ['ignore', log, log],
    });
    await this.#until(async () => (await this.statusOf('sys/health')) > 0);
  }

  /** Resolves when the server serves what writes, itself or (a standby) by its leader. */
  async unseal(): Promise<void> {
    await this.call('POST', 'sys/unseal', { key: this.#rootSecrets().unsealKey });
    await this.#until(async () => {
      const status = await this.statusOf('sys/health');
      return status === 200 || (status === 429 && (await this.#hasLeader()));
    });
  }

  /** Takes over all that another server has in its storage, by a raft snapshot of it. */
  async restore(other: OpenbaoServer): Promise<void> {
    const snapshot = await other.#raw('GET', 'sys/storage/raft/snapshot');
    await this.#raw('POST', 'sys/storage/raft/snapshot-force', snapshot);
    this.#secrets = other.#rootSecrets();
    await this.unseal();
  }

  async seal(): Promise<void> {
    await this.call('POST', 'sys/seal');
    await this.#until(async () => (await this.statusOf('sys/health')) === 503);
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const process = this.#process;
    this.#process = undefined;
    if (process === undefined) return;
    const exited = once(process, 'exit');
    process.kill(signal);
    await exited;
  }

  /** SIGSTOP makes a server that takes connections and answers nothing. */
  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  /** Stops the server and removes its files. */
  async dispose(): Promise<void> {
    await this.stop('SIGKILL');
    await this.#agent.destroy();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Calls the API with the root token. */
  async call(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    body?: object,
  ): Promise<OpenbaoAnswer> {
    const answer = await request(`${this.address}/v1/${path}`, {
      method,
      dispatcher: this.#agent,
      headers: { 'x-vault-token': this.#secrets?.rootToken ?? '' },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const text = await answer.body.text();
    return { status: answer.statusCode, body: text === '' ? undefined : JSON.parse(text) };
  }

  /** The same for calls that have to succeed. */
  async must(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<unknown> {
    const answer = await this.call(method, path, body);
    if (answer.status < 300) return answer.body;
    throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  }

  /** The status of a GET; 0 where nobody answers. */
  async statusOf(path: string): Promise<number> {
    try {
      return (await this.call('GET', path)).status;
    } catch {
      return 0; // Not listening yet, or no longer.
    }
  }

  async #raw(method: 'GET' | 'POST', path: string, body?: Buffer): Promise<Buffer> {
    const answer = await request(`${this.address}/v1/${path}`, {
      method,
      dispatcher: this.#agent,
      headers: { 'x-vault-token': this.rootToken },
      body: body ?? null,
    });
    const bytes = Buffer.from(await answer.body.arrayBuffer());
    if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${bytes.toString()}`);
    return bytes;
  }

  #rootSecrets(): RootSecrets {
    if (this.#secrets !== undefined) return this.#secrets;
    throw new Error('the server is not initialised');
  }

  /** A standby without a leader answers reads, and 500 to the rest. */
  async #hasLeader(): Promise<boolean> {
    const { body } = await this.call('GET', 'sys/leader');
    return leaderAnswer.parse(body).leader_address !== '';
  }

  async #until(isThere: () => Promise<boolean>): Promise<void> {
    const endsAt = Date.now() + START_TIMEOUT_MS;
    while (!(await isThere())) {
      if (Date.now() > endsAt) throw new Error(`OpenBao at ${this.address} does not get ready`);
      await pause(50);
    }
  }

  async #writeFiles(port: number, clusterPort: number): Promise<void> {
    const at = (name: string) => join(this.#folder, name);
    const tls = await issueCertificate(this.authority, {
      commonName: '127.0.0.1',
      dnsNames: ['localhost'],
      ipAddresses: ['127.0.0.1'],
    });
    await mkdir(at('data'));
    await writeFile(this.caPath, this.authority.certificate);
    await writeFile(at('chain.pem'), tls.certificate);
    await writeFile(at('key.pem'), tls.privateKey, { mode: 0o600 });
    const configuration = [
      `storage "raft" {\n path = "${at('data')}"\n node_id = "${port}"\n performance_multiplier = 1\n}`,
      `listener "tcp" {\n address = "127.0.0.1:${port}"\n cluster_address = "127.0.0.1:${clusterPort}"`,
      ` tls_cert_file = "${at('chain.pem')}"\n tls_key_file = "${at('key.pem')}"\n}`,
      `api_addr = "${this.address}"`,
      `cluster_addr = "https://127.0.0.1:${clusterPort}"`,
    ];
    await writeFile(at('bao.hcl'), configuration.join('\n'));
  }
}
