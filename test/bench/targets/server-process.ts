import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { pinned, SERVER_CORE } from '../cores.js';
import type { ServerCommand, ServerProcess } from './target.js';

const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 10_000;

/**
 * Starts a server on the server's core and waits until its port accepts connections.
 * What it prints goes to a file, as a log collector's would: a pipe to this process would take
 * CPU time from the load generator.
 *
 * @throws Error when it exits, or does not listen within 30 s
 */
export async function startServer(command: ServerCommand): Promise<ServerProcess> {
  const logFile = join(command.stateDirectory, 'bench.log');
  const log = await open(logFile, 'a');
  const [program, ...rest] = pinned(SERVER_CORE, [
    command.program ?? process.execPath,
    ...command.arguments,
  ]);
  const startedAt = performance.now();
  const child = spawn(program, rest, {
    stdio: ['ignore', log.fd, log.fd],
    env: { ...process.env, ...command.environment },
  });
  await log.close();
  await waitUntilListening(child, command.port, logFile);
  const startMs = performance.now() - startedAt;
  return {
    pid: pidOf(child),
    startMs,
    discardLog: () => truncate(logFile),
    stop: async () => {
      await stopProcess(child);
      await rm(command.stateDirectory, { recursive: true, force: true });
    },
  };
}

function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error(`${child.spawnfile} could not be started`);
  return child.pid;
}

async function waitUntilListening(child: ChildProcess, port: number, logFile: string) {
  const giveUpAt = performance.now() + START_TIMEOUT_MS;
  while (!(await accepts(port))) {
    if (child.exitCode !== null || performance.now() > giveUpAt) {
      child.kill('SIGKILL');
      const output = await readFile(logFile, 'utf8');
      throw new Error(
        `the server does not listen on port ${String(port)}:\n${output.slice(-4096)}`,
      );
    }
    await sleep(50);
  }
}

/**
 * Tells whether TLS is spoken: Holdfast takes its ports before it serves, and resets who comes by
 * then.
 */
function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
    const settle = (isServing: boolean): void => {
      socket.destroy();
      resolve(isServing);
    };
    socket.once('secureConnect', () => {
      settle(true);
    });
    socket.on('error', () => {
      settle(false);
    });
    socket.once('close', () => {
      settle(false);
    });
  });
}

async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const lastResort = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(lastResort);
}
