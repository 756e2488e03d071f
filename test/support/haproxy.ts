import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { haproxyConfiguration } from '../../scripts/lib/haproxy-configuration.mjs';
import { installHaproxy } from '../../scripts/lib/install-haproxy.mjs';
import { freePort } from './free-ports.js';
import { testLogPath } from './test-log.js';

/** A server that HAProxy passes connections to. */
export interface BalancedServer {
  readonly name: string;
  readonly port: number;
  readonly operationsPort: number;
}

/** A real HAProxy before replicas, as docs/replicas.md has it. */
export class Haproxy {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(port: number, child: ChildProcess) {
    this.port = port;
    this.#child = child;
  }

  /** @param folder gets its configuration */
  static async start(folder: string, replicas: readonly BalancedServer[]): Promise<Haproxy> {
    const program = await installHaproxy();
    const port = await freePort();
    const file = join(folder, 'haproxy.cfg');
    writeFileSync(file, haproxyConfiguration({ port, replicas }));
    const log = openSync(testLogPath('haproxy'), 'a');
    const child = spawn(program, ['-db', '-f', file], { stdio: ['ignore', log, log] });
    return new Haproxy(port, child);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }
}
