import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { KeyRef, Sealed } from '../../../src/key-managers/backend.js';
import { canaries } from '../../support/canaries.js';
import {
  currentRef,
  encryptTimes,
  type KeyFolderFixture,
  keyFolderAt,
  longDeadline,
  makeKeyFolder,
  refusalOf,
} from '../../support/key-folder.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { Secret } from '../../../src/shared/secret.js';

const run = promisify(execFile);
const documented = ['--exclude=./counters', '--exclude=*.tmp'];
const aad = Buffer.from('what it belongs to');

/**
 * A key folder that has been used, its server still running, and a ciphertext from before the
 * backup.
 */
async function makeUsedFolder() {
  const folder = await makeKeyFolder();
  const manager = await folder.open({ init: true });
  await manager.administration.createKey('payroll', new Set(['ENCRYPT', 'DECRYPT']));
  await encryptTimes(manager, 'payroll', 10);
  const ref = await currentRef(manager, 'payroll');
  const sealed = await manager.node.encrypt(ref, canaries.plaintext, aad, longDeadline());
  return { folder, manager, ref, sealed };
}

/** docs/key-managers-file.md, "Backup", by its own command, the server running. */
async function backUp(folder: KeyFolderFixture, ...options: readonly string[]): Promise<string> {
  const archive = join(temporaryFolder(), 'keys.tar');
  await run('tar', ['-C', folder.directory, ...options, '-cpf', archive, '.']);
  return archive;
}

/** "Restore", without what is removed afterwards. */
async function restore(archive: string): Promise<string> {
  const directory = temporaryFolder();
  await run('tar', ['-C', directory, '-xpf', archive]);
  return directory;
}

async function expectReadable(directory: string, ref: KeyRef, sealed: Sealed): Promise<KeyRef> {
  const manager = await keyFolderAt(directory).open();
  const opened = await manager.node.decrypt(ref, sealed, aad, longDeadline());
  expect(opened).toEqual(canaries.plaintext);
  expect(await manager.node.checkHealth(longDeadline())).toEqual({ status: 'ACTIVE' });
  await encryptTimes(manager, 'payroll', 1);
  const current = await currentRef(manager, 'payroll');
  await manager.node.close();
  return current;
}

describe('backup and restore as documented', () => {
  it('counters left out → what was encrypted opens; the key goes on with a new version', async () => {
    const { folder, ref, sealed } = await makeUsedFolder();
    const directory = await restore(await backUp(folder, ...documented));
    const current = await expectReadable(directory, ref, sealed);
    expect(current.version.version).toBe(ref.version.version + 1);
  });

  it('counters in the archive, and removed as the page says → the same', async () => {
    const { folder, ref, sealed } = await makeUsedFolder();
    const directory = await restore(await backUp(folder));
    await run('rm', ['-rf', join(directory, 'counters')]);
    const current = await expectReadable(directory, ref, sealed);
    expect(current.version.version).toBe(ref.version.version + 1);
  });

  it('counters in the archive, and left → opens too, and the version goes on from the old count', async () => {
    const { folder, ref, sealed } = await makeUsedFolder();
    const directory = await restore(await backUp(folder));
    expect(await expectReadable(directory, ref, sealed)).toEqual(ref);
  });

  it('a version made after the backup → its ciphertexts are foreign material, not another key', async () => {
    const { folder, manager } = await makeUsedFolder();
    const archive = await backUp(folder, ...documented);
    await manager.node.close();
    await rm(folder.counterPath('payroll'));
    const after = await folder.open();
    const ref = await currentRef(after, 'payroll');
    const sealed = await after.node.encrypt(ref, canaries.plaintext, aad, longDeadline());

    const restored = await keyFolderAt(await restore(archive)).open();
    expect((await currentRef(restored, 'payroll')).version.version).toBe(ref.version.version);
    const work = () => restored.node.decrypt(ref, sealed, aad, longDeadline());
    expect(await refusalOf(work)).toBe('version-not-found');
  });

  it('the folder without its master key → refused', async () => {
    const { folder } = await makeUsedFolder();
    const masterKey = { key: new Secret(Buffer.alloc(32, 9).toString('base64')) };
    const directory = await restore(await backUp(folder));
    expect(await refusalOf(keyFolderAt(directory, { masterKey }).open())).toBe('misconfigured');
  });
});
