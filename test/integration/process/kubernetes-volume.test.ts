import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, lchownSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { writePlainConfiguration } from '../../support/plain-configuration.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const PROGRAM = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));
const USER = 10_001;
const AS_USER = ['--reuid', String(USER), '--regid', String(USER), '--groups', String(USER)];

type ChangePolicy = 'Always' | 'OnRootMismatch';

/**
 * Does what kubelet does when a pod with `fsGroup` mounts a volume: everything goes to the group,
 * files get rw-rw----, folders rwxrwx--- and the bit that hands the group on.
 *
 * @see Kubernetes, pkg/volume/volume_linux.go
 */
function mount(volume: string, policy: ChangePolicy): void {
  const { gid, mode } = statSync(volume);
  const isMismatch = gid !== USER || (mode & 0o2770) !== 0o2770;
  if (policy === 'Always' || isMismatch) giveToGroup(volume);
}

function giveToGroup(path: string): void {
  const stats = statSync(path);
  if (!stats.isDirectory() && !stats.isFile()) return;
  lchownSync(path, stats.uid, USER);
  chmodSync(path, (stats.mode & 0o7777) | (stats.isDirectory() ? 0o2770 : 0o660));
  if (!stats.isDirectory()) return;
  for (const name of readdirSync(path)) giveToGroup(join(path, name));
}

/** A volume as it comes from a disk, and a server's configuration with its state in it. */
function pod(stateBelow: string) {
  const [settings, volume] = [temporaryFolder(), temporaryFolder()];
  chmodSync(volume, 0o755);
  mkdirSync(join(volume, 'lost+found'), { mode: 0o700 });
  const state = join(volume, stateBelow);
  const config = writePlainConfiguration({ settings, state });
  for (const path of [settings, config, join(settings, 'master.key')]) chownSync(path, USER, USER);
  return { volume, state, config };
}

async function serve(config: string, ...options: readonly string[]) {
  const command = [...AS_USER, process.execPath, PROGRAM, 'serve', '--config', config, ...options];
  const child = spawn('setpriv', command);
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  }
  const closed = once(child, 'close');
  await vi.waitFor(
    () => {
      expect(output.includes('"msg":"started"') || child.exitCode !== null).toBe(true);
    },
    { timeout: 60_000, interval: 50 },
  );
  child.kill('SIGTERM');
  await closed;
  return { code: child.exitCode, output };
}

describe.runIf(process.geteuid?.() === 0)('a volume that is mounted with fsGroup', () => {
  it('state at the mount point → refused, and told to go below it', async () => {
    const { volume, config } = pod('.');
    mount(volume, 'OnRootMismatch');
    const { code, output } = await serve(config, '--init');
    expect(code).toBe(1);
    expect(output).toMatch(/name a folder below it instead: docs\/containers\.md#kubernetes/);
    expect(readdirSync(volume)).toEqual(['lost+found']);
  });

  it('state below the mount point, OnRootMismatch → first start and restarts serve', async () => {
    const { volume, config } = pod('state');
    for (const options of [['--init'], [], []]) {
      mount(volume, 'OnRootMismatch');
      const { code, output } = await serve(config, ...options);
      expect(output).toContain('"msg":"started"');
      expect(code).toBe(0);
    }
  });

  it('state below the mount point, Always → refused with every wrong path; its commands put it right', async () => {
    const { volume, state, config } = pod('state');
    mount(volume, 'Always');
    expect(await serve(config, '--init')).toMatchObject({ code: 0 });
    mount(volume, 'Always');

    const { code, output } = await serve(config);

    expect(code).toBe(1);
    const keys = readdirSync(join(state, 'keys')).map((name) => join(state, 'keys', name));
    for (const path of [join(state, 'audit'), join(state, 'audit', 'signing-key.json'), ...keys]) {
      expect(output).toContain(`'${path}'`);
    }
    const commands = [...output.matchAll(/[Rr]un: (chmod .*)$/gm)].map(
      ([, command = '']) => command,
    );
    expect(commands).toHaveLength(3);
    execFileSync('setpriv', [...AS_USER, '/bin/sh', '-ec', commands.join('\n')]);
    expect(await serve(config)).toMatchObject({ code: 0 });
  });
});
