import { chmod, mkdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  assertPrivateFiles,
  assertPrivateFolder,
  makePrivateFolder,
  NotPrivateError,
} from '../../../src/durable/private.js';
import { giveAway } from '../../support/other-user.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

describe('assertPrivateFolder', () => {
  it.each([0o700, 0o500])('mode %o → accepted', async (mode) => {
    const folder = temporaryFolder();
    await chmod(folder, mode);
    await assertPrivateFolder(folder);
  });

  it.each([0o701, 0o710, 0o704, 0o750, 0o755, 0o777])(
    'mode %o → refused, with the command that puts it right',
    async (mode) => {
      const folder = temporaryFolder();
      await chmod(folder, mode);
      await expect(assertPrivateFolder(folder)).rejects.toThrow(NotPrivateError);
      await expect(assertPrivateFolder(folder)).rejects.toThrow(`chmod 0700 '${folder}'`);
    },
  );

  it("another user's → refused, with the command that puts it right", async () => {
    const folder = temporaryFolder();
    await giveAway(folder);
    await expect(assertPrivateFolder(folder)).rejects.toThrow(NotPrivateError);
    await expect(assertPrivateFolder(folder)).rejects.toThrow(/chown \d+ '/);
  });

  it('an apostrophe in its path → one word for the shell', async () => {
    const folder = join(temporaryFolder(), "o'clock");
    await mkdir(folder, { mode: 0o755 });
    await expect(assertPrivateFolder(folder)).rejects.toThrow(String.raw`/o'\''clock'`);
  });
});

describe('assertPrivateFolder, of a link', () => {
  async function makeLink(mode: number): Promise<{ readonly link: string; readonly to: string }> {
    const folder = temporaryFolder();
    const [link, to] = [join(folder, 'link'), join(folder, 'to')];
    await mkdir(to, { mode });
    await symlink(to, link);
    return { link, to };
  }

  it('to a private folder → accepted', async () => {
    await assertPrivateFolder((await makeLink(0o700)).link);
  });

  it('to a folder that others can enter → refused', async () => {
    const { link } = await makeLink(0o755);
    await expect(assertPrivateFolder(link)).rejects.toThrow('chmod 0700');
  });

  it("that is another user's → refused", async () => {
    const { link } = await makeLink(0o700);
    await giveAway(link);
    await expect(assertPrivateFolder(link)).rejects.toThrow('chown -h');
  });

  it("to another user's folder → refused", async () => {
    const { link, to } = await makeLink(0o700);
    await giveAway(to);
    await expect(assertPrivateFolder(link)).rejects.toThrow('chown');
  });
});

describe('assertPrivateFiles', () => {
  it.each([0o601, 0o640, 0o604, 0o644, 0o666])('mode %o → refused', async (mode) => {
    const path = join(temporaryFolder(), 'a');
    await writeFile(path, '');
    await chmod(path, mode);
    await expect(assertPrivateFiles([path])).rejects.toThrow(NotPrivateError);
  });

  it('two of three too wide → one command for those two', async () => {
    const folder = temporaryFolder();
    const paths = ['a', 'b', 'c'].map((name) => join(folder, name));
    for (const path of paths) await writeFile(path, '', { mode: 0o600 });
    for (const path of paths.slice(1)) await chmod(path, 0o644);
    const command = `chmod 0600 '${paths[1]}' '${paths[2]}'`;
    await expect(assertPrivateFiles(paths)).rejects.toThrow(command);
  });

  it("another user's → refused, with the command that puts it right", async () => {
    const path = join(temporaryFolder(), 'a');
    await writeFile(path, '', { mode: 0o600 });
    await giveAway(path);
    await expect(assertPrivateFiles([path])).rejects.toThrow(NotPrivateError);
    await expect(assertPrivateFiles([path])).rejects.toThrow(/chown \d+ '/);
  });

  it.each([
    ['a link to a private file', (path: string) => symlink(`${path}.there`, path)],
    ['a link to nothing', (path: string) => symlink('/none', path)],
    ['a folder', (path: string) => mkdir(path, { mode: 0o700 })],
  ])('%s → refused', async (_, make) => {
    const path = join(temporaryFolder(), 'a');
    await writeFile(`${path}.there`, '', { mode: 0o600 });
    await make(path);
    await expect(assertPrivateFiles([path])).rejects.toThrow(NotPrivateError);
  });
});

describe('makePrivateFolder', () => {
  it('several levels missing → made with mode 0700', async () => {
    const path = join(temporaryFolder(), 'a', 'b', 'c');
    await makePrivateFolder(path);
    await assertPrivateFolder(path);
  });

  it('a folder that exists → left as it is', async () => {
    const folder = temporaryFolder();
    await chmod(folder, 0o755);
    await makePrivateFolder(folder);
    expect((await stat(folder)).mode & 0o777).toBe(0o755);
  });
});
