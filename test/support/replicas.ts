import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PostgresStateConfig } from '../../src/state/postgres/config.js';
import { BlackHole } from './black-hole.js';
import {
  type CertificateAuthority,
  issueCertificate,
  makeCertificateAuthority,
} from './certificates.js';
import { repositoryPath } from './container-files.js';
import { freePorts } from './free-ports.js';
import { Haproxy } from './haproxy.js';
import { type HoldfastServer, quickstartConfiguration } from './holdfast-server.js';
import { Replica } from './replica-process.js';
import { migrated, prepareDatabase } from './postgres-state.js';
import { PostgresServer } from './postgres.js';
import type { Endpoint } from './xks-client.js';

/** A busy machine may stop a process for longer than KMS waits. */
const DEADLINE_MS = 2_000;
/** Longer than HAProxy needs to notice a replica that goes: 2 × 500 ms. */
const DRAIN_DELAY_MS = 1_500;

/** How replicas are set up; everything has a default. */
export interface ReplicasSettings {
  readonly names?: readonly string[];
  /** Fields of `state` in the configuration. */
  readonly state?: object;
}

/**
 * Replicas of Holdfast on one PostgreSQL behind HAProxy: real processes, whose keys are in the
 * state store. Each shows a certificate in its own name, which tells a client whom it has reached.
 */
export class Replicas {
  readonly all: readonly Replica[];
  readonly haproxy: Haproxy;
  readonly authority: CertificateAuthority;
  /** The way of every replica to the database. */
  readonly relay: BlackHole;
  readonly state: PostgresStateConfig;
  /** The present primary. */
  database: PostgresServer;
  readonly #folder: string;

  private constructor(
    parts: Pick<Replicas, 'all' | 'haproxy' | 'authority' | 'relay' | 'state' | 'database'>,
    folder: string,
  ) {
    this.all = parts.all;
    this.haproxy = parts.haproxy;
    this.authority = parts.authority;
    this.relay = parts.relay;
    this.state = parts.state;
    this.database = parts.database;
    this.#folder = folder;
  }

  /** @param programs the folder of PostgreSQL's programs */
  static async launch(programs: string, settings: ReplicasSettings = {}): Promise<Replicas> {
    const { names = ['xks-1', 'xks-2'] } = settings;
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-replicas-'));
    const authority = await makeCertificateAuthority();
    const database = await PostgresServer.launch(programs, { authority });
    await prepareDatabase(database);
    const relay = await BlackHole.before(database.port);
    const state = await migrated(database);
    // Of their own: the first server's folder goes with it after a failover.
    const tls = { certificateAuthority: join(folder, 'ca.pem') };
    writeFileSync(tls.certificateAuthority, authority.certificate);
    const ports = await freePorts(names.length * 2);
    const all: Replica[] = [];
    for (const [n, name] of names.entries()) {
      const place = {
        name,
        folder: join(folder, name),
        authority: authority.certificate,
        port: ports[2 * n] ?? 0,
        operationsPort: ports[2 * n + 1] ?? 0,
      };
      mkdirSync(place.folder, { mode: 0o700 });
      await writeCertificate(place.folder, authority, name);
      all.push(new Replica(place, configurationOf(name, { ...state, tls }, relay.port, settings)));
    }
    const haproxy = await Haproxy.start(folder, all);
    const replicas = new Replicas({ all, haproxy, authority, relay, state, database }, folder);
    try {
      for (const replica of all) await replica.start();
      for (const replica of all) await replica.ready();
      return replicas;
    } catch (error) {
      await replicas.dispose();
      throw error;
    }
  }

  /** One of them. */
  replica(n: number): Replica {
    const replica = this.all[n];
    if (replica === undefined) throw new Error(`there is no replica ${n}`);
    return replica;
  }

  /** What a client needs to be served through HAProxy. */
  get endpoint(): Endpoint {
    const { uriPath, credential } = this.#anyServer();
    return { ca: this.authority.certificate, uriPath, credential, port: this.haproxy.port };
  }

  /** Leads the replicas to another server, and removes the one that was. */
  async moveTo(primary: PostgresServer): Promise<void> {
    const former = this.database;
    this.database = primary;
    this.relay.redirect(primary.port);
    await former.dispose();
  }

  /**
   * Makes another build of the same version, unless one of another version is named.
   *
   * @returns its program
   */
  otherBuild(): string {
    const named = process.env['HOLDFAST_TEST_OTHER_BUILD'];
    if (named !== undefined) return named;
    const build = join(this.#folder, 'other-build');
    cpSync(repositoryPath('dist'), join(build, 'dist'), { recursive: true });
    cpSync(repositoryPath('package.json'), join(build, 'package.json'));
    symlinkSync(repositoryPath('node_modules'), join(build, 'node_modules'));
    return join(build, 'dist', 'cli', 'main.js');
  }

  async dispose(): Promise<void> {
    await Promise.all(this.all.filter((replica) => replica.isRunning).map((each) => each.kill()));
    await this.haproxy.stop();
    this.relay.close();
    await this.database.dispose();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #anyServer(): HoldfastServer {
    const running = this.all.find(({ isRunning }) => isRunning);
    if (running === undefined) throw new Error('no replica runs');
    return running.server;
  }
}

function configurationOf(
  name: string,
  state: PostgresStateConfig,
  port: number,
  { state: more = {} }: ReplicasSettings,
): object {
  const quickstart = quickstartConfiguration();
  const masterKey = { key: '${file:quickstart/master.key}' };
  const tls = {
    certificateChain: 'tls/server.pem',
    privateKey: 'tls/server.key',
    publicNames: ['localhost'],
  };
  return {
    ...quickstart,
    listeners: [{ ...quickstart.listeners[0], tls }],
    deadlineMs: DEADLINE_MS,
    log: {},
    drainDelayMs: DRAIN_DELAY_MS,
    proxyFleetSize: 2,
    // A busy machine's disk is no fault of what is tested, and neither are its other programs.
    audit: {
      replica: name,
      origin: `replicas.example/${name}`,
      durability: 'written',
      signingKey: { masterKey },
    },
    state: {
      ...state,
      addresses: [`127.0.0.1:${port}`],
      password: state.password?.reveal(),
      sealing: masterKey,
      connectTimeoutMs: 1_000,
      statementTimeoutMs: 2_000,
      ...more,
    },
    keyManagers: [{ name: 'files', type: 'sealed', masterKey }],
  };
}

async function writeCertificate(
  folder: string,
  authority: CertificateAuthority,
  commonName: string,
): Promise<void> {
  const dnsNames = ['localhost'];
  const { certificate, privateKey } = await issueCertificate(authority, { commonName, dnsNames });
  mkdirSync(join(folder, 'tls'), { mode: 0o700 });
  writeFileSync(join(folder, 'tls', 'server.pem'), certificate, { mode: 0o600 });
  writeFileSync(join(folder, 'tls', 'server.key'), privateKey, { mode: 0o600 });
}
