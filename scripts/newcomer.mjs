// Does what a newcomer does: clones the repository, types `npm start`, calls the server, lists its
// keys, stops it. Looks at the exit code, and at what is left listening or written in the log.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { get } from 'node:https';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from './lib/paths.mjs';
import { mustRun } from './lib/run.mjs';

const startTimeoutMs = 300_000;
const stopTimeoutMs = 60_000;

const folder = mkdtempSync(join(tmpdir(), 'holdfast-newcomer-'));
const clone = join(folder, 'holdfast');
const logFile = join(folder, 'npm-start.log');
try {
  await beNewcomer();
} catch (error) {
  if (existsSync(logFile)) console.error(readFileSync(logFile, 'utf8'));
  throw error;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function beNewcomer() {
  await timed('git clone', () => mustRun('git', ['clone', '--quiet', root, clone]));
  const port = await freePort();
  const env = { ...process.env, HOLDFAST_PORT: String(port) };
  const start = spawn('npm', ['start'], {
    cwd: clone,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const log = createWriteStream(logFile);
  start.stdout.pipe(log, { end: false });
  start.stderr.pipe(log, { end: false });
  try {
    await timed('npm start, until it serves', () => untilServing(start, port));
    const client = [join('test', 'e2e', 'newcomer-client.mjs'), `https://127.0.0.1:${port}`];
    await timed('four operations', () => mustRun(process.execPath, client, { cwd: clone }));
    await timed('npx holdfast keys list', () => {
      listKeys(env);
    });
    await timed('SIGTERM, until npm has ended', () => stop(start));
  } finally {
    killIfRunning(start);
  }
  assert.equal(await isListening(port), false, `something still listens on port ${port}`);
  assertNoSecretIn(readFileSync(logFile, 'utf8'));
  console.log('A newcomer is served.');
}

/**
 * @param {import('node:child_process').ChildProcess} start
 * @param {number} port
 */
async function untilServing(start, port) {
  const deadline = performance.now() + startTimeoutMs;
  while (!(await answersPing(port))) {
    assert.equal(start.exitCode, null, 'npm start has ended');
    assert.ok(performance.now() < deadline, `no answer to /ping after ${startTimeoutMs} ms`);
    await sleep(200);
  }
}

/**
 * @param {number} port
 * @returns {Promise<boolean>}
 */
function answersPing(port) {
  const caFile = join(clone, 'var', 'quickstart', 'ca.pem');
  if (!existsSync(caFile)) return Promise.resolve(false);
  return new Promise((resolve) => {
    const options = {
      host: '127.0.0.1',
      port,
      path: '/ping',
      ca: readFileSync(caFile),
      agent: false,
    };
    get(options, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    }).once('error', () => {
      resolve(false);
    });
  });
}

/** @param {NodeJS.ProcessEnv} env of the server: the program finds it through the same names */
function listKeys(env) {
  const args = ['holdfast', 'keys', 'list', '--json'];
  const { status, stdout, stderr } = spawnSync('npx', args, { cwd: clone, env, encoding: 'utf8' });
  assert.equal(status, 0, `npx ${args.join(' ')}: ${stderr}`);
  /** @type {{ keys: { externalKeyId: string, encryptionsLeft: number }[] }} */
  const { keys } = JSON.parse(stdout);
  assert.deepEqual(
    keys.map(({ externalKeyId }) => externalKeyId),
    ['quickstart-key'],
  );
  assert.equal(Math.ceil(Math.log2(keys[0]?.encryptionsLeft ?? 0)), 31);
}

/** @param {import('node:child_process').ChildProcess} start */
async function stop(start) {
  start.kill('SIGTERM');
  const [code, signal] = await once(start, 'exit', { signal: AbortSignal.timeout(stopTimeoutMs) });
  assert.deepEqual({ code, signal }, { code: 0, signal: null }, 'npm start after SIGTERM');
}

/**
 * Leaves nothing behind after a failure: npm leads a process group, with the server in it.
 *
 * @param {import('node:child_process').ChildProcess} start
 */
function killIfRunning({ pid, exitCode, signalCode }) {
  if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, 'SIGKILL');
}

/** @param {string} log */
function assertNoSecretIn(log) {
  const file = join(clone, 'var', 'quickstart', 'xks-proxy-configuration.json');
  /** @type {{ XksProxyAuthenticationCredential: { RawSecretAccessKey: string } }} */
  const configuration = JSON.parse(readFileSync(file, 'utf8'));
  const secret = configuration.XksProxyAuthenticationCredential.RawSecretAccessKey;
  assert.ok(!log.includes(secret), 'the secret access key is in the log of npm start');
}

/** @returns {Promise<number>} a port on the loopback interface that was free just now */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  server.close();
  return port;
}

/**
 * @param {number} port
 * @returns {Promise<boolean>}
 */
async function isListening(port) {
  const socket = connect(port, '127.0.0.1');
  const connected = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return connected;
}

/**
 * @param {string} title
 * @param {() => Promise<void> | void} step
 */
async function timed(title, step) {
  const startedAt = performance.now();
  await step();
  console.log(`${title}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
}
