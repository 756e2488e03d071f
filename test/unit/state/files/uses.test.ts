import { chmod, copyFile, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { renderFile } from '../../../../src/state/files/stored-file.js';
import { atStart, makeStateFolder } from '../../../support/state-folder.js';

const NAME = { collection: 'things', id: 'One/1' };
const CHANGE = { ...NAME, format: 1, contents: '{"at":1}', replaces: undefined };

async function filled() {
  const folder = await makeStateFolder();
  const store = await folder.open();
  const [told] = await store.putUses([CHANGE]);
  const path = join(folder.directory, 'uses', 'things', '%4fne%2f1.json');
  return { folder, store, told, path };
}

describe('the files of uses', () => {
  it('told → a private file, in a private folder', async () => {
    const { path } = await filled();
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(path, '..'))).mode & 0o777).toBe(0o700);
  });

  it('others can reach it → refused with the command that puts it right', async () => {
    const { folder, store, path } = await filled();
    await store.close();
    await chmod(path, 0o644);
    await expect(folder.open(atStart)).rejects.toThrow(`'${path}'`);
  });

  const spoilings: [string, (text: string) => string][] = [
    ['cut short', (text) => text.slice(0, text.length / 2)],
    ['empty', () => ''],
    ['other JSON', () => '[1]'],
    ['other contents', (text) => text.replace('\\"at\\":1', '\\"at\\":2')],
    ['of a newer version', () => renderFile(2, { anything: true })],
  ];

  it.each(spoilings)('%s → named, left as it is, and not replaced', async (_, spoil) => {
    const { store, told, path } = await filled();
    const whole = await readFile(path, 'utf8');
    const spoilt = spoil(whole);
    expect(spoilt).not.toBe(whole);
    await writeFile(path, spoilt);
    expect(await store.listUses('things')).toEqual({
      uses: [],
      damaged: [
        expect.objectContaining({ ...NAME, problem: expect.stringContaining(path) as string }),
      ],
    });
    expect(await store.putUses([{ ...CHANGE, replaces: told?.token }])).toEqual([]);
    expect(await readFile(path, 'utf8')).toBe(spoilt);
  });

  it('a copy of another one → named, and counts for nothing', async () => {
    const { store, told, path } = await filled();
    await copyFile(path, join(path, '..', 'two.json'));
    const { uses, damaged } = await store.listUses('things');
    expect(uses).toEqual([told]);
    expect(damaged).toMatchObject([{ id: 'two' }]);
  });

  it('another kind of file among them → said to be left aside at the next start', async () => {
    const { folder, store, path } = await filled();
    await store.close();
    const stray = `${path}.bak`;
    await writeFile(stray, 'x', { mode: 0o600 });
    const { leftAside } = await (await folder.open(atStart)).changesSince(0);
    expect(leftAside).toEqual([expect.stringContaining(stray)]);
  });
});
