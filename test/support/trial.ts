import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { repositoryPath } from './container-files.js';
import { testLogPath } from './test-log.js';

const READY_MS = 90_000;

/** A trial of several processes, `npm run try:NAME`. */
export interface TrialScript {
  /** Of the file below `scripts`, without its ending. */
  readonly name: string;
  /** The folder in which trials are kept. */
  readonly parent: string;
  /** Below that, the file that says that everything serves. */
  readonly ready: string;
  /** Words of the last line that it prints. */
  readonly last: string;
}

/** A trial that serves. */
export interface Trial {
  /** The path of the file that says so. */
  readonly ready: string;
  /** All that it has printed. */
  screen(): string;
  /** @returns the exit code; null for a signal that nobody can see */
  stop(signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
}

/** Starts a trial as npm does. @throws Error with its output, when it does not serve */
export async function startTrial({ name, parent, ready, last }: TrialScript): Promise<Trial> {
  const output = testLogPath(name);
  const descriptor = openSync(output, 'w');
  const child = spawn(process.execPath, [repositoryPath(`scripts/${name}.mjs`)], {
    env: { ...process.env, HOLDFAST_TRY_DIR: parent },
    stdio: ['ignore', descriptor, descriptor],
  });
  closeSync(descriptor);
  const exit = once(child, 'exit');
  const screen = () => readFileSync(output, 'utf8');
  const giveUpAt = performance.now() + READY_MS;
  while (!existsSync(join(parent, ready))) {
    if (child.exitCode !== null || performance.now() > giveUpAt) throw new Error(screen());
    await sleep(20);
  }
  // The screen comes right after the file.
  while (!screen().includes(last)) await sleep(5);
  return {
    ready: join(parent, ready),
    screen,
    stop: async (signal) => {
      child.kill(signal);
      const [code] = (await exit) as [number | null];
      return code;
    },
  };
}
