import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import {
  type CertificateAuthority,
  type IssuedCertificate,
  makeCertificateAuthority,
} from './certificates.js';
import { freePort } from './free-ports.js';
import {
  issueServerCertificate,
  runProgram,
  SUPERUSER_PASSWORD,
  type ServerUser,
  serverFolder,
  serverUser,
  writeAuthority,
  writeServerFile,
  writeServerTls,
} from './postgres-files.js';
import { testLogPath } from './test-log.js';

const START_TIMEOUT_MS = 60_000;

/** A server to be started; everything has a default. */
export interface PostgresSettings {
  readonly authority?: CertificateAuthority;
  /** Lines of `pg_hba.conf` that come first. */
  readonly firstAccess?: readonly string[];
  /** Settings of `postgresql.conf`. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/**
 * A real PostgreSQL server on loopback with TLS and scram passwords, run as another user where
 * this process is root. It outlives a test: dispose of it when the file ends.
 */
export class PostgresServer {
  readonly authority: CertificateAuthority;
  readonly port: number;
  readonly folder: string;
  readonly #programs: string;
  readonly #user: ServerUser;
  #isInClear = false;
  #process: ChildProcess | undefined;

  private constructor(programs: string, authority: CertificateAuthority, port: number) {
    this.#programs = programs;
    this.authority = authority;
    this.port = port;
    this.#user = serverUser();
    this.folder = serverFolder(this.#user);
  }

  /**
   * Makes a cluster and starts it.
   *
   * @param programs the folder of PostgreSQL's programs
   */
  static async launch(programs: string, settings: PostgresSettings = {}): Promise<PostgresServer> {
    const authority = settings.authority ?? (await makeCertificateAuthority('PostgreSQL root'));
    const server = new PostgresServer(programs, authority, await freePort());
    const passwordFile = join(server.folder, 'password');
    writeServerFile(passwordFile, SUPERUSER_PASSWORD, server.#user);
    await server.#run('initdb', [
      ...['-D', server.#data, '-U', 'postgres', '-A', 'scram-sha-256', '--pwfile', passwordFile],
      ...['-E', 'UTF8', '--locale=C', '--no-sync'],
    ]);
    await server.#configure(settings);
    await server.start();
    return server;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** The PEM file of the authority that the server's certificate is from. */
  get caPath(): string {
    return join(this.folder, 'ca.pem');
  }

  /** Makes and starts a standby of this server under a name, at a free port by default. */
  async startStandby(name: string, port?: number): Promise<PostgresServer> {
    const standby = new PostgresServer(this.#programs, this.authority, port ?? (await freePort()));
    const primary =
      `host=127.0.0.1 port=${this.port} user=postgres password=${SUPERUSER_PASSWORD} ` +
      `sslmode=require application_name=${name}`;
    await standby.#run('pg_basebackup', ['-D', standby.#data, '-d', primary, '-c', 'fast']);
    await standby.#configure({ parameters: { primary_conninfo: primary } });
    writeServerFile(join(standby.#data, 'standby.signal'), '', standby.#user);
    await standby.start();
    return standby;
  }

  /** From now on a commit waits until the standby of this name has it; '' for none. */
  async waitForStandby(name: string): Promise<void> {
    await this.#setStandby(name);
    if (name === '') return;
    await this.until(async () => {
      const query = 'SELECT FROM pg_stat_replication WHERE sync_state = $1';
      return (await this.sql(query, ['sync'])).rowCount === 1;
    });
  }

  /** From now on a commit waits for a standby that never comes. */
  async waitForNobody(): Promise<void> {
    await this.#setStandby('nobody');
  }

  /** Stops following the primary: from now on this standby lags. */
  async lag(): Promise<void> {
    await this.sql("ALTER SYSTEM SET primary_conninfo = ''");
    await this.reload();
    await this.until(
      async () => (await this.sql('SELECT FROM pg_stat_wal_receiver')).rowCount === 0,
    );
  }

  /** Makes this standby a primary. */
  async promote(): Promise<void> {
    await this.sql('SELECT pg_promote(true, 60)');
    // A standby that is made of this one would take it over.
    await this.sql('ALTER SYSTEM RESET primary_conninfo');
    await this.#setStandby('');
  }

  /** Reads the settings anew, and waits until new sessions have them. */
  async reload(): Promise<void> {
    const { rows } = await this.sql('SELECT pg_conf_load_time()::text AS loaded');
    const before: unknown = rows[0]?.['loaded'];
    await this.sql('SELECT pg_reload_conf()');
    await this.until(async () => {
      const now = await this.sql('SELECT pg_conf_load_time()::text AS loaded');
      return now.rows[0]?.['loaded'] !== before;
    });
  }

  /** Asks as the superuser, on a connection of its own. */
  async sql(
    query: string,
    values: readonly unknown[] = [],
    database = 'postgres',
  ): Promise<pg.QueryResult<Record<string, unknown>>> {
    const client = this.clientAt(this.port, 10_000, { database });
    await client.connect();
    try {
      return await client.query<Record<string, unknown>>(query, [...values]);
    } finally {
      await client.end();
    }
  }

  /** Makes a client, of the superuser by default, to a port: this server's or a relay's. */
  clientAt(port: number, connectTimeoutMs: number, login: pg.ClientConfig = {}): pg.Client {
    const client = new pg.Client({
      host: '127.0.0.1',
      port,
      user: 'postgres',
      password: SUPERUSER_PASSWORD,
      database: 'postgres',
      // Whatever certificate a test has the server show.
      ssl: this.#isInClear ? false : { rejectUnauthorized: false },
      connectionTimeoutMillis: connectTimeoutMs,
      ...login,
    });
    client.on('error', () => undefined); // A server that is killed ends it: the query says so.
    return client;
  }

  /** Resolves when the server answers queries. */
  async start(): Promise<void> {
    const log = openSync(testLogPath('postgres'), 'a');
    this.#spawn(log);
    await this.until(async () => {
      // After kill -9 the former server's processes hold its memory for a moment.
      if (this.#process?.exitCode !== null) this.#spawn(log);
      return await this.sql('SELECT').then(
        () => true,
        () => false,
      );
    });
  }

  /** @param signal SIGKILL: as in a crash; SIGINT: a stop that does not wait for clients */
  async stop(signal: 'SIGINT' | 'SIGKILL' = 'SIGINT'): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    if (running?.exitCode !== null) return;
    const exited = once(running, 'exit');
    running.kill(signal);
    await exited;
  }

  /** Shows another certificate from now on. */
  async present(certificate: IssuedCertificate): Promise<void> {
    writeServerTls(this.folder, certificate, this.#user);
    await this.reload();
  }

  /** Turns TLS off, or on again. */
  async offerTls(isOffered: boolean): Promise<void> {
    await this.sql(`ALTER SYSTEM SET ssl = ${isOffered ? 'on' : 'off'}`);
    await this.sql('SELECT pg_reload_conf()');
    this.#isInClear = !isOffered;
    await this.until(() =>
      this.sql('SELECT').then(
        () => true,
        () => false,
      ),
    );
  }

  /** Copies the files of a server that is stopped. @returns what puts them back */
  copyFiles(): () => void {
    const copy = join(this.folder, 'copy');
    execFileSync('cp', ['-a', this.#data, copy]);
    return () => {
      rmSync(this.#data, { recursive: true });
      execFileSync('cp', ['-a', copy, this.#data]);
    };
  }

  /** Stops the server and removes its files. */
  async dispose(): Promise<void> {
    await this.stop('SIGKILL');
    // Its other processes notice that it is gone, and may write until then.
    await rm(this.folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }

  /** Waits until something is so. @throws when it takes too long */
  async until(isSo: () => Promise<boolean>): Promise<void> {
    const endsAt = Date.now() + START_TIMEOUT_MS;
    while (!(await isSo())) {
      if (Date.now() > endsAt) throw new Error(`PostgreSQL at ${this.address} does not get there`);
      await pause(20);
    }
  }

  get #data(): string {
    return join(this.folder, 'data');
  }

  async #setStandby(name: string): Promise<void> {
    await this.sql(`ALTER SYSTEM SET synchronous_standby_names = '${name}'`);
    await this.reload();
  }

  #spawn(log: number): void {
    this.#process = spawn(join(this.#programs, 'postgres'), ['-D', this.#data], {
      ...this.#user,
      cwd: this.folder,
      // Its client of the primary would look for certificates in the home of another user.
      env: { PATH: process.env['PATH'], HOME: this.folder, LC_ALL: 'C' },
      stdio: ['ignore', log, log],
    });
  }

  async #run(program: string, args: readonly string[]): Promise<void> {
    await runProgram(join(this.#programs, program), args, this.#user);
  }

  async #configure({ firstAccess = [], parameters = {} }: PostgresSettings): Promise<void> {
    writeAuthority(this.folder, this.authority);
    const certificate = await issueServerCertificate(this.authority);
    writeServerTls(this.folder, certificate, this.#user);
    const settings = {
      listen_addresses: '127.0.0.1',
      port: `${this.port}`,
      unix_socket_directories: '',
      ssl: 'on',
      ssl_cert_file: join(this.folder, 'server.pem'),
      ssl_key_file: join(this.folder, 'server.key'),
      ssl_ca_file: this.caPath,
      shared_buffers: '16MB',
      max_wal_senders: '4',
      wal_receiver_timeout: '5s',
      wal_retrieve_retry_interval: '200ms',
      log_min_messages: 'warning',
      ...parameters,
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value}'`);
    writeServerFile(join(this.#data, 'postgresql.conf'), `${lines.join('\n')}\n`, this.#user);
    const access = [
      ...firstAccess,
      'hostssl all all 127.0.0.1/32 scram-sha-256',
      'hostnossl all postgres 127.0.0.1/32 scram-sha-256',
      'hostssl replication postgres 127.0.0.1/32 scram-sha-256',
    ];
    writeServerFile(join(this.#data, 'pg_hba.conf'), `${access.join('\n')}\n`, this.#user);
  }
}
