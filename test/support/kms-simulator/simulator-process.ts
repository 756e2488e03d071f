import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { testLogPath } from '../test-log.js';

const TIMEOUT_MS = 30_000;
const program = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

/** Its callers; the first is the one of the environment. */
export const ALICE = {
  accessKeyId: 'AKIAIOSFODNN7ALICE00',
  secretAccessKey: 'alice-alice-alice-alice-alice-alice-alic',
  principal: 'arn:aws:iam::111122223333:user/Alice',
};

/** A session of a role in the same account. */
export const BOB = {
  accessKeyId: 'ASIAIOSFODNN7BOB0000',
  secretAccessKey: 'bob-bob-bob-bob-bob-bob-bob-bob-bob-bob-',
  principal: 'arn:aws:iam::111122223333:role/clerk',
  session: 'arn:aws:sts::111122223333:assumed-role/clerk/bob',
};

/** A caller of another account. */
export const CAROL = {
  accessKeyId: 'AKIAIOSFODNN7CAROL00',
  secretAccessKey: 'carol-carol-carol-carol-carol-carol-caro',
  principal: 'arn:aws:iam::444455556666:user/Carol',
};

/**
 * The words of KMS for a proxy that took longer than 250 ms, which happens on a machine that does
 * much else. Clients of tests then try again.
 */
export const LATE = /did not respond to the request in the time allotted/;
/** Tries of a call whose proxy is late. */
export const TRIES = 4;

export const REGION = 'eu-west-1';

/** Where a proxy listens, and whom its certificate chains to. */
export interface ProxyPlace {
  readonly port: number;
  /** PEM. */
  readonly ca: string;
  /** The name in its certificate; default `localhost`. */
  readonly host?: string;
}

/** `holdfast kms-simulator`, as it was built, as a process. */
export interface SimulatorProcess {
  readonly endpoint: string;
  /** In which AWS's tools reach it as Alice. */
  readonly env: Readonly<Record<string, string>>;
  /** All that it has written. */
  log(): string;
  /** SIGTERM. @returns the exit code, or the name of the signal that ended it */
  stop(): Promise<number | string>;
}

/**
 * Starts the simulator on a free port, with the way to proxies.
 *
 * @param state its folder, which outlives the process
 * @throws Error with its output, when it ends instead or has not started within 30 s
 */
export async function startSimulatorProcess(
  state: string,
  ...proxies: readonly ProxyPlace[]
): Promise<SimulatorProcess> {
  const logFile = testLogPath('kms-simulator');
  const log = openSync(logFile, 'a');
  const args = [program, 'kms-simulator', ...argumentsFor(state, proxies)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', log, log] });
  closeSync(log);
  const readLog = () => readFileSync(logFile, 'utf8');
  await started(child, readLog);
  const env = readEnvironment(join(state, 'environment'));
  return {
    endpoint: env['AWS_ENDPOINT_URL_KMS'] ?? '',
    env,
    log: readLog,
    stop: async () => {
      const ended = once(child, 'exit');
      if (child.exitCode === null && child.kill('SIGTERM')) await ended;
      return child.exitCode ?? child.signalCode ?? 'unknown';
    },
  };
}

function argumentsFor(state: string, proxies: readonly ProxyPlace[]): string[] {
  const config = `${state}.yaml`;
  const keyStores = { connectMs: 20, disconnectMs: 20, credentialDelayMs: 0 };
  const callers = [ALICE, BOB, CAROL];
  writeFileSync(config, stringify({ region: REGION, callers, keyStores }), { mode: 0o600 });
  const args = ['--state', state, '--port', '0', '--config', config];
  if (proxies.length === 0) return args;
  writeFileSync(`${state}-ca.pem`, proxies.map(({ ca }) => ca).join(''));
  const ways = proxies.map(({ host = 'localhost', port }) => `${host}=127.0.0.1:${String(port)}`);
  return [...args, ...ways.flatMap((way) => ['--resolve', way]), '--ca', `${state}-ca.pem`];
}

async function started(child: ChildProcess, log: () => string): Promise<void> {
  const giveUpAt = performance.now() + TIMEOUT_MS;
  while (!log().includes('A simulator of AWS KMS serves')) {
    if (child.exitCode !== null || performance.now() > giveUpAt) {
      child.kill('SIGKILL');
      throw new Error(`the simulator has not started:\n${log()}`);
    }
    await sleep(25);
  }
}

/** Lines `NAME=value`. */
function readEnvironment(path: string): Record<string, string> {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}
