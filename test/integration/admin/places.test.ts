import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type KeyAdministration,
  KeyManagerError,
  type MoveTarget,
} from '../../../src/key-managers/backend.js';
import { AdministrationInMemory, inForce } from '../../support/admin-fixture.js';
import { startAdminServer } from '../../support/admin-server.js';
import { holdfast } from '../../support/holdfast-command.js';

/** A server whose first key manager can do more; answers of the program that asks it. */
async function served(more: Partial<KeyAdministration>) {
  const { socket, log } = await startAdminServer(
    inForce(Object.assign(new AdministrationInMemory(), more)),
  );
  return { run: (...args: string[]) => holdfast({}, ...args, '--socket', socket), log };
}

describe('holdfast keys move', () => {
  it('to the database and to a folder → the place, and what to configure; the log has the act', async () => {
    const asked: MoveTarget[] = [];
    const { run, log } = await served({
      moveKeys: (target) => {
        asked.push(target);
        return Promise.resolve({ keys: 3, place: 'the new place', isShared: true });
      },
    });
    const there = await run('keys', 'move', 'files', '--to', 'database');
    expect(there).toMatchObject({ code: 0, stderr: '' });
    expect(there.stdout).toMatch(/^Moved 3 keys to the new place.*"type: sealed"/);
    const back = await run('keys', 'move', 'files', '--to', 'folder', 'new-keys');
    expect(back.stdout).toContain(`"directory: ${resolve('new-keys')}"`);
    expect(asked).toEqual([{ to: 'database' }, { to: 'folder', directory: resolve('new-keys') }]);
    expect(log.lines()).toMatchObject([
      { operation: 'moveKeys', request: { keyManager: 'files', to: 'database' } },
      { request: { keyManager: 'files', to: 'folder', directory: resolve('new-keys') } },
    ]);
  });

  it('to a state store in files → a warning that no other replica can use the keys', async () => {
    const { run } = await served({
      moveKeys: () => Promise.resolve({ keys: 3, place: 'the state store', isShared: false }),
    });
    const there = await run('keys', 'move', 'files', '--to', 'database');
    expect(there).toMatchObject({ code: 0, stderr: expect.stringContaining('no other replica') });
    const back = await run('keys', 'move', 'files', '--to', 'folder', 'new-keys');
    expect(back).toMatchObject({ code: 0, stderr: '' });
  });

  it.each([
    ['a place that is none', ['tape']],
    ['a folder without a path', ['folder']],
    ['a database with a path', ['database', '/x']],
    ['two folders', ['folder', '/x', '/y']],
  ])('%s → exit code 2, and what is allowed', async (_, to) => {
    const { run } = await served({});
    const { code, stderr } = await run('keys', 'move', 'files', '--to', ...to);
    expect(code).toBe(2);
    expect(stderr).toContain('database; or folder and its path');
  });

  it('keys that cannot move → exit code 1, and why', async () => {
    const { run } = await served({});
    const { code, stderr } = await run('keys', 'move', 'files', '--to', 'database');
    expect(code).toBe(1);
    expect(stderr).toContain('cannot move');
  });
});

describe('holdfast state adopt-counters', () => {
  it.each([
    [1, 3, 'Run the same on the other 2: until then the store hands out the share of one.'],
    [2, 3, 'Run the same on the other one: until then the store hands out the shares of 2.'],
    [3, 3, 'They share one limit now.'],
  ])('%d of %d replicas → what that means', async (adopted, replicas, says) => {
    const { run, log } = await served({
      adoptCounters: () => Promise.resolve({ adopted, replicas }),
    });
    const { code, stdout } = await run('state', 'adopt-counters', 'files');
    expect(code).toBe(0);
    expect(stdout).toContain(says);
    expect(log.lines()).toMatchObject([
      { operation: 'adoptCounters', request: { keyManager: 'files' } },
    ]);
  });

  it('a key manager without counters of its own, or that refuses → exit code 1, and why', async () => {
    const { run } = await served({
      adoptCounters: () => Promise.reject(new KeyManagerError('conflict', '"replicas: 2"')),
    });
    const refused = await run('state', 'adopt-counters', 'files');
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('"replicas: 2"') });
    const other = await run('state', 'adopt-counters', 'other');
    expect(other).toMatchObject({ code: 1, stderr: expect.stringContaining('no counters') });
  });
});
