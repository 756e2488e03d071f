import { chmod, mkdir, rename, rm, symlink } from 'node:fs/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { type KeyFolderFixture, makeKeyFolder } from '../../../support/key-folder.js';
import { giveAway } from '../../../support/other-user.js';

let folder: KeyFolderFixture;

/** A folder with the key `hr`, nobody in it. */
beforeEach(async () => {
  folder = await makeKeyFolder();
  const { administration, node } = await folder.open({ init: true });
  await administration.createKey('hr', new Set(['ENCRYPT', 'DECRYPT']));
  await node.close();
});

describe.each(['documentPath', 'counterPath'] as const)('%s', (path) => {
  it('open to others → refuses to start, until it is not', async () => {
    await chmod(folder[path]('hr'), 0o640);
    await expect(folder.open()).rejects.toThrow('chmod 0600');
    await chmod(folder[path]('hr'), 0o600);
    await folder.open();
  });

  it("another user's → refuses to start", async () => {
    await giveAway(folder[path]('hr'));
    await expect(folder.open()).rejects.toThrow('chown');
  });

  it('a link to a file elsewhere, open to others or not → refuses to start', async () => {
    const elsewhere = `${(await makeKeyFolder()).directory}/hr.json`;
    await rename(folder[path]('hr'), elsewhere);
    await symlink(elsewhere, folder[path]('hr'));
    await expect(folder.open()).rejects.toThrow('neither a link');
    await chmod(elsewhere, 0o666);
    await expect(folder.open()).rejects.toThrow('neither a link');
  });

  it('a folder in its place → refuses to start', async () => {
    await rm(folder[path]('hr'));
    await mkdir(folder[path]('hr'), { mode: 0o700 });
    await expect(folder.open()).rejects.toThrow(folder[path]('hr'));
  });
});

describe.each(['', '/counters'])('the folder%s', (subfolder) => {
  it('open to others → refuses to start', async () => {
    await chmod(folder.directory + subfolder, 0o755);
    await expect(folder.open()).rejects.toThrow('chmod 0700');
  });

  it("another user's → refuses to start", async () => {
    await giveAway(folder.directory + subfolder);
    await expect(folder.open()).rejects.toThrow('chown');
  });
});

describe('what is no document', () => {
  it('a folder such as lost+found → left alone', async () => {
    await mkdir(`${folder.directory}/lost+found`, { mode: 0o755 });
    await folder.open();
  });
});
