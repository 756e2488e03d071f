import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { takePort } from '../../support/free-ports.js';
import { fullDisk, fullPipe } from '../../support/stuck-output.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const PROGRAM = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));
const LOST = /The log could not be written, and lost \d+ lines \(\d+ bytes\)\.$/m;
/** Throws where nobody catches it, once the server has begun to write its log. */
const DEFECT = `data:text/javascript,
  import { existsSync } from 'node:fs';
  const socket = process.env.HOLDFAST_STATE_DIR + '/admin.sock';
  const untilServing = setInterval(() => {
    if (!existsSync(socket)) return;
    clearInterval(untilServing);
    setTimeout(() => { throw new Error('a defect'); }, 500);
  }, 20);`;

const outputs: [string, () => number][] = [
  ['a full disk', fullDisk],
  ['a pipe that nobody reads', fullPipe],
];

interface Run {
  readonly child: ChildProcess;
  readonly stateDirectory: string;
  /** Reads what was written on standard error, where that is not stuck itself. */
  readonly complaints: () => string;
}

/** @param stderr default a file */
function run(
  args: readonly string[],
  stdout: number,
  { stderr, env = {} }: { readonly stderr?: number; readonly env?: NodeJS.ProcessEnv } = {},
): Run {
  const stateDirectory = temporaryFolder();
  const path = join(stateDirectory, 'stderr');
  const file = openSync(path, 'a');
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', stdout, stderr ?? file],
    env: {
      ...process.env,
      HOLDFAST_STATE_DIR: stateDirectory,
      HOLDFAST_PORT: '0',
      HOLDFAST_OPERATIONS_PORT: '0',
      ...env,
    },
  });
  closeSync(file);
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return { child, stateDirectory, complaints: () => readFileSync(path, 'utf8') };
}

async function exitCodeOf({ child }: Run): Promise<number | string | null> {
  // Not before its last words are here, which may come after its end.
  if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
  return child.exitCode ?? child.signalCode;
}

async function untilServing({ stateDirectory }: Run): Promise<void> {
  // The last thing that is opened before the listeners, and the log says nothing here.
  await vi.waitFor(
    () => {
      expect(existsSync(join(stateDirectory, 'admin.sock'))).toBe(true);
    },
    { timeout: 60_000 },
  );
}

describe.each(outputs)('standard output is %s', (_, output) => {
  it('SIGTERM → ends with 0, and says what is lost', async () => {
    const server = run([PROGRAM, 'serve'], output());
    await untilServing(server);
    server.child.kill('SIGTERM');
    expect(await exitCodeOf(server)).toBe(0);
    expect(server.complaints()).toMatch(LOST);
  });

  it('a start that fails → ends with 1, and says why', async () => {
    const { port, release } = await takePort();
    onTestFinished(release);
    const env = { HOLDFAST_PORT: String(port) };
    const server = run([PROGRAM, 'serve'], output(), { env });
    expect(await exitCodeOf(server)).toBe(1);
    expect(server.complaints()).toMatch(/^holdfast: The listener .* is in use/m);
  });

  it('a defect that nobody catches → ends with 1, and says what is lost', async () => {
    const server = run(['--import', DEFECT, PROGRAM, 'serve'], output());
    expect(await exitCodeOf(server)).toBe(1);
    expect(server.complaints()).toMatch(LOST);
    expect(server.complaints()).toMatch(/Error: a defect/);
  });
});

describe('standard error is the same pipe, which nobody reads', () => {
  it('SIGTERM → ends with 0', async () => {
    const stuck = fullPipe();
    const server = run([PROGRAM, 'serve'], stuck, { stderr: stuck });
    await untilServing(server);
    server.child.kill('SIGTERM');
    expect(await exitCodeOf(server)).toBe(0);
  });

  it.each([
    ['a start that fails', ['serve', '--config', '/nowhere'], 2],
    ['a command that fails', ['keys', 'list', '--socket', '/nowhere'], 3],
  ])('%s → ends with its exit code', async (_, args, code) => {
    const stuck = fullPipe();
    expect(await exitCodeOf(run([PROGRAM, ...args], stuck, { stderr: stuck }))).toBe(code);
  });
});

describe('the results of a command', () => {
  it('a full disk → exit code 1, and says so', async () => {
    const command = run([PROGRAM, '--help'], fullDisk());
    expect(await exitCodeOf(command)).toBe(1);
    expect(command.complaints()).toMatch(/standard output cannot be written: ENOSPC/);
  });

  it('a reader that takes its time → gets all of it', async () => {
    const shell = `"$0" "$@" | (sleep 2; wc -c)`;
    const reading = (command: string) =>
      spawn('/bin/sh', ['-c', command, process.execPath, PROGRAM, 'keys', '--help']);
    const sizes = [shell, '"$0" "$@" | wc -c'].map(async (command) => {
      const [text] = (await once(reading(command).stdout, 'data')) as [Buffer];
      return Number(text.toString());
    });
    const [late, atOnce] = await Promise.all(sizes);
    expect(late).toBe(atOnce);
  });
});
