import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { installRsyslog } from '../../scripts/lib/install-rsyslog.mjs';
import type { IssuedCertificate } from './certificates.js';
import { freePort } from './free-ports.js';

/**
 * The real daemon, installed when it is not there.
 *
 * @returns undefined where it cannot be had, and says so; in CI that is an error
 */
export async function findRsyslog(): Promise<string | undefined> {
  try {
    return await installRsyslog();
  } catch (error) {
    if (process.env['CI']) throw error;
    process.stderr.write(
      `\nSKIPPED: tests with rsyslog, which cannot be installed: ${String(error)}\n`,
    );
    return undefined;
  }
}

/** What a collector shows and asks for. */
export interface RsyslogOptions {
  readonly program: string;
  /** Of the configuration and of what is collected. */
  readonly folder: string;
  readonly ca: string;
  readonly certificate: IssuedCertificate;
  /** Whether clients must have a certificate of the authority. */
  readonly clientCertificates?: boolean;
}

/** An rsyslog that collects over TLS, as docs/audit-sinks.md has it. */
export class Rsyslog {
  readonly port: number;
  readonly #options: RsyslogOptions;
  #process: ChildProcess | undefined;

  private constructor(options: RsyslogOptions, port: number) {
    this.#options = options;
    this.port = port;
  }

  /** Writes its configuration. It does not run yet. */
  static async prepare(options: RsyslogOptions): Promise<Rsyslog> {
    const { folder, ca, certificate, clientCertificates = false } = options;
    const rsyslog = new Rsyslog(options, await freePort());
    writeFileSync(join(folder, 'ca.pem'), ca);
    writeFileSync(join(folder, 'server.pem'), certificate.certificate);
    writeFileSync(join(folder, 'server.key'), certificate.privateKey, { mode: 0o600 });
    writeFileSync(
      join(folder, 'rsyslog.conf'),
      configuration(folder, rsyslog.port, clientCertificates),
    );
    return rsyslog;
  }

  /** Records as they were collected, one a line. */
  get records(): readonly string[] {
    return this.#linesOf('records.jsonl');
  }

  /** Of the file of the records. */
  get recordBytes(): number {
    return (
      statSync(join(this.#options.folder, 'records.jsonl'), { throwIfNoEntry: false })?.size ?? 0
    );
  }

  /** Checkpoints as they were collected, one a line. */
  get checkpoints(): readonly string[] {
    return this.#linesOf('checkpoints.jsonl');
  }

  /** Of every message: priority, time, host, application, process, message id, structured data. */
  get headers(): readonly string[] {
    return this.#linesOf('headers.txt');
  }

  async start(): Promise<void> {
    const { program, folder } = this.#options;
    const args = ['-n', '-f', join(folder, 'rsyslog.conf'), '-i', join(folder, 'pid')];
    this.#process = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    await isListening(this.port);
  }

  /** Holds it still: it keeps its connections and reads nothing. */
  pause(): void {
    this.#process?.kill('SIGSTOP');
  }

  resume(): void {
    this.#process?.kill('SIGCONT');
  }

  /** @param signal SIGKILL: without writing what it has */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const running = this.#process;
    if (running === undefined) return;
    this.#process = undefined;
    const ended = once(running, 'exit');
    running.kill(signal);
    await ended;
  }

  #linesOf(name: string): readonly string[] {
    const path = join(this.#options.folder, name);
    return existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];
  }
}

function configuration(folder: string, port: number, clientCertificates: boolean): string {
  return `
global(
  workDirectory="${folder}"
  maxMessageSize="128k"
  defaultNetstreamDriverCAFile="${folder}/ca.pem"
  defaultNetstreamDriverCertFile="${folder}/server.pem"
  defaultNetstreamDriverKeyFile="${folder}/server.key"
)
module(load="imtcp" streamDriver.name="gtls" streamDriver.mode="1"
       streamDriver.authMode="${clientCertificates ? 'x509/certvalid' : 'anon'}")
template(name="message" type="string" string="%msg%\\n")
template(name="header" type="string"
  string="%pri% %timereported:::date-rfc3339% %hostname% %app-name% %procid% %msgid% %structured-data%\\n")
ruleset(name="holdfast") {
  action(type="omfile" file="${folder}/headers.txt" template="header" fileCreateMode="0600")
  if $msgid == "checkpoint" then {
    action(type="omfile" file="${folder}/checkpoints.jsonl" template="message" fileCreateMode="0600")
  } else {
    action(type="omfile" file="${folder}/records.jsonl" template="message" fileCreateMode="0600")
  }
}
input(type="imtcp" address="127.0.0.1" port="${port}" ruleset="holdfast")
`;
}

async function isListening(port: number): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return;
    } catch (error) {
      if (attempt === 100) throw error;
      await delay(100);
    } finally {
      socket.destroy();
    }
  }
}
