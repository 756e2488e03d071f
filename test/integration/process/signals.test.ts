import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { startHoldfast } from '../../support/holdfast-server.js';
import { listeningPorts } from '../../support/listening-ports.js';
import { currentRef, longDeadline, openToken } from '../../support/pkcs11.js';
import { describeWithModule } from '../../support/pkcs11-suite.js';
import { makeSoftHsmToken, softHsmModule } from '../../support/softhsm.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const PROGRAM = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));
const IGNORED = ['SIGUSR1', 'SIGUSR2'] as const;
/**
 * Sends SIGUSR1 for a second and more. Until Node takes over, the shell has seen to it that nobody
 * dies of it.
 */
const UNDER_FIRE = `trap '' HUP USR1 USR2
(i=0; while [ $i -lt 300 ] && kill -USR1 $$; do i=$((i+1)); sleep 0.004; done) 2>/dev/null >&2 &
exec "$0" "$@"`;

/** Sends a signal every millisecond. @returns what ends that */
function flood(child: ChildProcess, signal: NodeJS.Signals): () => void {
  const flooding = setInterval(() => child.kill(signal), 1);
  const end = (): void => {
    clearInterval(flooding);
  };
  onTestFinished(end);
  return end;
}

/** Waits for the first module: what Node does before that is Node's own. */
async function untilCaught({ pid }: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const bit = 1n << BigInt(constants.signals[signal] - 1);
  await vi.waitFor(
    () => {
      const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
      const [, caught = '0'] = /^SigCgt:\s*([0-9a-f]+)$/m.exec(status) ?? [];
      expect(BigInt(`0x${caught}`) & bit).toBe(bit);
    },
    { timeout: 30_000, interval: 1 },
  );
}

function underFire(command: readonly string[], env: NodeJS.ProcessEnv = {}) {
  return run(['/bin/sh', '-c', UNDER_FIRE, ...command], env);
}

function run([program = '', ...args]: readonly string[], env: NodeJS.ProcessEnv) {
  const child = spawn(program, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  }
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return { child, output: () => output };
}

/** The command of a script as npm runs it, without npm, which is a program of its own. */
function packageScript(name: string): string[] {
  const { scripts } = JSON.parse(readFileSync(`${ROOT}/package.json`, 'utf8')) as {
    scripts: Record<string, string>;
  };
  return scripts[name]?.replace('exec ', '').split(' ') ?? [];
}

/** A quickstart on free ports, in a folder of its own. */
function serverEnvironment(): NodeJS.ProcessEnv {
  return {
    HOLDFAST_STATE_DIR: temporaryFolder(),
    HOLDFAST_PORT: '0',
    HOLDFAST_OPERATIONS_PORT: '0',
  };
}

async function untilStarted({ child, output }: ReturnType<typeof run>): Promise<void> {
  await vi.waitFor(
    () => {
      expect(child.exitCode ?? child.signalCode).toBeNull();
      expect(output()).toMatch(/"msg":"started"/);
    },
    { timeout: 60_000, interval: 50 },
  );
}

describe('Node’s debugger', () => {
  it.each([
    ['holdfast serve', [PROGRAM, 'serve']],
    ['npm start', packageScript('start')],
  ])('%s, SIGUSR1 from its first moment on → is never open', async (_, command) => {
    const server = underFire(command, serverEnvironment());
    await untilStarted(server);

    expect(server.output()).not.toMatch(/Debugger listening/);
    expect(listeningPorts(server.child.pid ?? 0)).toHaveLength(2);
  });

  it('node dist/cli/main.js serve, SIGUSR1 from its first moment on → is not open when it serves', async () => {
    const server = underFire([process.execPath, PROGRAM, 'serve'], serverEnvironment());
    await untilStarted(server);
    expect(listeningPorts(server.child.pid ?? 0)).toHaveLength(2);
  });

  it('NODE_OPTIONS with --inspect, left over from somewhere → is closed before a secret is read', async () => {
    const env = { ...serverEnvironment(), NODE_OPTIONS: '--inspect=127.0.0.1:0' };
    const server = run([process.execPath, PROGRAM, 'serve'], env);
    await untilStarted(server);
    expect(server.output()).toMatch(/debugger was open at 127\.0\.0\.1:\d+ and has been closed/);
    expect(listeningPorts(server.child.pid ?? 0)).toHaveLength(2);
  });

  it('a command of the program, SIGUSR1 all the time → is never open, and the command does its work', async () => {
    const command = underFire([
      PROGRAM,
      'config',
      'check',
      `${ROOT}/config/production.example.yaml`,
    ]);
    await once(command.child, 'close');
    expect(command.output()).toMatch(/production\.example\.yaml: \d+ problems/);
    expect(command.output()).not.toMatch(/Debugger listening/);
  });
});

/** Starts a server in a flood of one signal, until it has logged something. */
async function flooded(signal: NodeJS.Signals, logged: string): Promise<void> {
  const server = run([process.execPath, PROGRAM, 'serve'], serverEnvironment());
  await untilCaught(server.child, signal);
  const endFlood = flood(server.child, signal);
  await untilStarted(server);
  await vi.waitFor(() => {
    expect(server.output()).toContain(logged);
  });
  endFlood();
  server.child.kill('SIGTERM');
  expect((await once(server.child, 'exit'))[0]).toBe(0);
}

describe('SIGHUP', () => {
  it('from the first moment on, without end → reloads once the server serves, and stops in order', async () => {
    await flooded('SIGHUP', '"trigger":"signal","msg":"the configuration has not changed"');
  });
});

describe('a signal that nobody asks anything with', () => {
  it.each(IGNORED)('%s, from the first moment on → logged and ignored', async (signal) => {
    await flooded(signal, `"signal":"${signal}","msg":"a signal is ignored"`);
  });

  it('SIGSTOP and SIGCONT, SIGWINCH, SIGPIPE → the server goes on', async () => {
    const server = await startHoldfast();
    onTestFinished(() => server.kill());
    for (const signal of ['SIGTSTP', 'SIGCONT', 'SIGSTOP', 'SIGCONT', 'SIGWINCH', 'SIGPIPE']) {
      server.signal(signal as NodeJS.Signals);
    }
    expect(await server.holdfast('keys', 'list')).toMatchObject({ code: 0 });
    expect(await server.stop()).toBe(0);
  });
});

describeWithModule('an idle child of a PKCS#11 key manager', softHsmModule, () => {
  it.each([
    ...IGNORED,
    'SIGHUP',
    'SIGTERM',
    'SIGINT',
    'SIGWINCH',
    'SIGPIPE',
    'SIGCONT',
    'SIGTSTP',
  ] as const)('%s to it alone → goes on, without a debugger', async (signal) => {
    const token = await makeSoftHsmToken();
    onTestFinished(() => {
      token.remove();
    });
    const manager = await openToken(token);
    onTestFinished(() => manager.node.close());
    await manager.administration.createKey('k', new Set(['ENCRYPT', 'DECRYPT']));
    const ref = await currentRef(manager, 'k');
    const [pid = 0] = manager.childPids();

    for (let times = 0; times < 20; times += 1) process.kill(pid, signal);
    process.kill(pid, 'SIGCONT');

    await manager.node.encrypt(ref, Buffer.alloc(32), Buffer.alloc(0), longDeadline());
    expect(manager.childPids()).toEqual([pid]);
    expect(listeningPorts(pid)).toEqual([]);
  });
});
