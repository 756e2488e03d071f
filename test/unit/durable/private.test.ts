import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  assertPrivateFiles,
  assertPrivateFolder,
  makePrivateFolder,
  PermissionsTooWideError,
} from '../../../src/durable/private.js';

async function makeFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-durable-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

describe('assertPrivateFolder', () => {
  it.each([0o700, 0o500])('mode %o → accepted', async (mode) => {
    const folder = await makeFolder();
    await chmod(folder, mode);
    await assertPrivateFolder(folder);
  });

  it.each([0o701, 0o710, 0o704, 0o750, 0o755, 0o777])(
    'mode %o → refused, with the command that puts it right',
    async (mode) => {
      const folder = await makeFolder();
      await chmod(folder, mode);
      await expect(assertPrivateFolder(folder)).rejects.toThrow(PermissionsTooWideError);
      await expect(assertPrivateFolder(folder)).rejects.toThrow(`chmod 0700 '${folder}'`);
    },
  );
});

describe('assertPrivateFiles', () => {
  it.each([0o601, 0o640, 0o604, 0o644, 0o666])('mode %o → refused', async (mode) => {
    const path = join(await makeFolder(), 'a');
    await writeFile(path, '');
    await chmod(path, mode);
    await expect(assertPrivateFiles([path])).rejects.toThrow(PermissionsTooWideError);
  });

  it('two of three too wide → one command for those two', async () => {
    const folder = await makeFolder();
    const paths = ['a', 'b', 'c'].map((name) => join(folder, name));
    for (const path of paths) await writeFile(path, '', { mode: 0o600 });
    for (const path of paths.slice(1)) await chmod(path, 0o644);
    const command = `chmod 0600 '${paths[1]}' '${paths[2]}'`;
    await expect(assertPrivateFiles(paths)).rejects.toThrow(command);
  });
});

describe('makePrivateFolder', () => {
  it('several levels missing → made with mode 0700', async () => {
    const path = join(await makeFolder(), 'a', 'b', 'c');
    await makePrivateFolder(path);
    await assertPrivateFolder(path);
  });

  it('a folder that exists → left as it is', async () => {
    const folder = await makeFolder();
    await chmod(folder, 0o755);
    await makePrivateFolder(folder);
    expect((await stat(folder)).mode & 0o777).toBe(0o755);
  });
});
