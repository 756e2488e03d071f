import { chownSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { HEALTH_TEST_KEY_ID } from '../../../src/key-managers/backend.js';
import { canaries } from '../../support/canaries.js';
import { configurationWith, diagnosed, diagnosedAsUser } from '../../support/diagnosed.js';
import { holdfast } from '../../support/holdfast-command.js';
import { startHoldfast } from '../../support/holdfast-server.js';
import { encryptTimes, type KeyFolderFixture, makeKeyFolder } from '../../support/key-folder.js';

/** A key folder that has been at work, and a configuration for it. */
async function usedFolder() {
  const folder = await makeKeyFolder();
  const manager = await folder.open({ init: true });
  for (const id of ['payroll', 'hr']) {
    await manager.administration.createKey(id, new Set(['ENCRYPT', 'DECRYPT']));
  }
  await encryptTimes(manager, 'payroll', 3);
  await manager.node.close();
  return { folder, file: configurationFor(folder) };
}

function configurationFor({ directory }: KeyFolderFixture): string {
  const masterKey = { key: '${file:canary.key}' };
  const file = configurationWith({ name: 'files', type: 'file', directory, masterKey });
  const text = `${canaries.masterKey.toString('base64')}\n`;
  writeFileSync(join(dirname(file), 'canary.key'), text, { mode: 0o600 });
  return file;
}

/** The user that a service runs as, in these tests. */
const SERVICE = 54_321;

function chownAll(directory: string): void {
  chownSync(directory, SERVICE, SERVICE);
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    chownSync(join(directory, name), SERVICE, SERVICE);
  }
}

/** Everything in a folder: names, modes, times and contents. */
function snapshot(directory: string): readonly string[] {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  return names.sort().map((name) => {
    const path = join(directory, name);
    const stats = statSync(path);
    const contents = stats.isFile() ? readFileSync(path, 'utf8') : '';
    return `${name} ${stats.mode} ${stats.mtimeMs} ${contents}`;
  });
}

it('a folder that is well → exit code 0, a line a check, and nothing on disk is changed', async () => {
  const { folder, file } = await usedFolder();
  const before = snapshot(folder.directory);
  const { code, stdout } = await holdfast({}, 'doctor', 'backend', 'files', '--config', file);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Node files \(local\): ACTIVE$/m);
  expect(stdout).toMatch(/^ {2}ok +list its keys +2, all of them usable$/m);
  expect(snapshot(folder.directory)).toEqual(before);
});

it('a damaged document → exit code 1, the key by name with its reason, and no secret', async () => {
  const { folder, file } = await usedFolder();
  writeFileSync(folder.documentPath('payroll'), '{', { mode: 0o600 });
  const { code, statuses, wrong, details, output } = await diagnosed(file, 'files');
  expect({ code, statuses }).toEqual({ code: 1, statuses: ['DEGRADED'] });
  expect(wrong).toEqual([['keys warning', 'health warning']]);
  expect(details[0]).toContain('payroll (not JSON)');
  expect(output).not.toContain(canaries.masterKey.toString('base64'));
});

it('counters, lock file and test key that are missing, as in a backup → stay missing', async () => {
  const { folder, file } = await usedFolder();
  rmSync(join(folder.directory, 'counters'), { recursive: true });
  rmSync(join(folder.directory, '.lock'));
  rmSync(folder.documentPath(HEALTH_TEST_KEY_ID));
  const before = snapshot(folder.directory);
  const { code, wrong } = await diagnosed(file, 'files');
  expect(code).toBe(1);
  expect(wrong).toEqual([['test-key failed', 'encryptions-left warning', 'health failed']]);
  expect(snapshot(folder.directory)).toEqual(before);
});

it('a folder that another process has in use, and no server answers → UNKNOWN, and where to look', async () => {
  const { folder, file } = await usedFolder();
  await folder.open();
  const { code, statuses, wrong, output } = await diagnosed(file, 'files');
  expect({ code, statuses, wrong }).toEqual({
    code: 1,
    statuses: ['UNKNOWN'],
    wrong: [['start failed']],
  });
  expect(output).toContain('No server answers on the admin socket');
});

it('a folder that a running server has → as the server finds it, exit code 0', async () => {
  const server = await startHoldfast();
  onTestFinished(async () => {
    await server.stop();
  });
  const { code, stdout } = await server.holdfast('doctor', 'backend', 'files');
  expect(stdout).toMatch(/: ACTIVE$/m);
  expect(stdout).toContain('the running server has it');
  expect(code).toBe(0);
});

it.skipIf(process.geteuid?.() !== 0)(
  "root, and files of the server's user → looked at as that user, and no advice to take them away",
  async () => {
    const { folder, file } = await usedFolder();
    chownAll(dirname(file));
    chownAll(folder.directory);
    const { code, output } = await diagnosedAsUser(file, 'files');
    expect(output).toContain(`looked at as the user with the user id ${String(SERVICE)}`);
    expect(output).not.toContain('chown');
    expect(code).toBe(0);
  },
);

it.skipIf(process.geteuid?.() !== 0)(
  "root, and one file that is not the user's → advised to give it to the user, not to root",
  async () => {
    const { folder, file } = await usedFolder();
    chownAll(dirname(file));
    chownAll(folder.directory);
    chownSync(folder.documentPath('hr'), SERVICE + 1, SERVICE + 1);
    const { code, details } = await diagnosedAsUser(file, 'files');
    expect(code).toBe(1);
    expect(details[0]).toContain(`chown ${String(SERVICE)} `);
  },
);

it('an empty folder → told, and no key folder made of it', async () => {
  const folder = await makeKeyFolder();
  const { code, wrong } = await diagnosed(configurationFor(folder), 'files');
  expect({ code, wrong }).toEqual({ code: 1, wrong: [['start failed']] });
  expect(snapshot(folder.directory)).toEqual([]);
});

it('a name that the configuration does not have, or no configuration → exit code 2', async () => {
  const { file } = await usedFolder();
  const unknown = await holdfast({}, 'doctor', 'backend', 'hsm', '--config', file);
  expect(unknown).toMatchObject({ code: 2, stdout: '' });
  expect(unknown.stderr).toContain('it has: files');
  const args = ['doctor', 'backend', 'files', '--config', join(dirname(file), 'none.yaml')];
  expect(await holdfast({}, ...args)).toMatchObject({ code: 2, stdout: '' });
});
