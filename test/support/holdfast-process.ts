import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { testLogPath } from './test-log.js';

const TIMEOUT_MS = 30_000;
const program = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

const place = z.object({ address: z.string(), port: z.number() });
const listener = place.extend({ name: z.string() });
const startedLine = z.object({
  msg: z.literal('started'),
  listeners: z.tuple([listener], listener),
  operations: place,
  adminSocket: z.string(),
});

/** Where a server says that it is, in the log's line *started*. */
export type Started = z.infer<typeof startedLine>;

/** A command line that becomes the server. */
const SERVE: readonly string[] = [program, 'serve'];

/**
 * `holdfast serve`, as it was built, as a process. All that it prints is searched for secrets when
 * the run ends.
 */
export class HoldfastProcess {
  readonly #child: ChildProcess;
  readonly #logFile = testLogPath('holdfast');
  readonly #startedAt = performance.now();

  /** @param args of node, default `holdfast serve` */
  constructor(env: NodeJS.ProcessEnv, args = SERVE) {
    const log = openSync(this.#logFile, 'a');
    this.#child = spawn(process.execPath, args, { stdio: ['ignore', log, log], env });
    closeSync(log);
  }

  /** Its process id; 0 when it could not be started. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** All that it has written to stdout and stderr. */
  log(): string {
    return readFileSync(this.#logFile, 'utf8');
  }

  /** @throws Error with its end and the log, when it ends instead, or has not started in 30 s */
  async started(): Promise<Started> {
    const giveUpAt = performance.now() + TIMEOUT_MS;
    for (;;) {
      const line = /^\{.*"msg":"started".*\}$/m.exec(this.log())?.[0];
      if (line !== undefined) return startedLine.parse(JSON.parse(line));
      if (this.#hasEnded || performance.now() > giveUpAt) {
        const told = this.toldOfEnd;
        await this.end('SIGKILL');
        throw new Error(`the server has not started: it ${told}\n${this.log()}`);
      }
      await sleep(25);
    }
  }

  /** Tells people whether it runs or how it has ended, and after what time. */
  get toldOfEnd(): string {
    const seconds = ((performance.now() - this.#startedAt) / 1000).toFixed(1);
    if (!this.#hasEnded) return `still runs after ${seconds} s`;
    const { exitCode, signalCode } = this.#child;
    return `has ended with exit code ${String(exitCode)}, signal ${String(signalCode)}, seen ${seconds} s after its start`;
  }

  /** Waits up to 30 s until it ends. @returns the exit code, or the name of the signal */
  async ended(): Promise<number | string> {
    const cutOff = setTimeout(() => this.#child.kill('SIGKILL'), TIMEOUT_MS);
    if (!this.#hasEnded) await once(this.#child, 'exit');
    clearTimeout(cutOff);
    return this.#child.exitCode ?? this.#child.signalCode ?? 'unknown';
  }

  /** Sends a signal and does not wait. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Sends a signal and waits. @returns the exit code, or the name of the signal that ended it */
  async end(signal: NodeJS.Signals): Promise<number | string> {
    if (!this.#hasEnded) this.#child.kill(signal);
    return this.ended();
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }
}
