import {
  chmod,
  cp,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  atStart,
  makeFilledStateFolder,
  makeStateFolder,
  ONE,
  putAt,
  type StateFolderFixture,
  stateFolderAt,
  TWO,
} from '../../../support/state-folder.js';

async function everythingIn(directory: string): Promise<Record<string, string>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const texts = files.map(async ({ parentPath, name }) => {
    const path = join(parentPath, name);
    return [path, await readFile(path, 'utf8')] as const;
  });
  return Object.fromEntries(await Promise.all(texts));
}

describe('the folder of a state store', () => {
  it('a new store → folders of mode 0700, files of mode 0600, a file each', async () => {
    const { directory } = await makeFilledStateFolder();
    const names = (await readdir(directory, { recursive: true })).sort();
    expect(names).toEqual([
      '.lock',
      'counters',
      'counters/count.json',
      'documents',
      'documents/things',
      'documents/things/%4fne.json',
      'documents/things/two.json',
      'store.json',
      'uses',
    ]);
    for (const name of ['.', ...names]) {
      const found = await stat(join(directory, name));
      expect([name, found.mode & 0o777]).toEqual([name, found.isDirectory() ? 0o700 : 0o600]);
    }
  });

  it.each([
    '',
    'store.json',
    'documents',
    'documents/things',
    'documents/things/two.json',
    'counters',
    'counters/count.json',
  ])('others can reach %j → refused with the command that puts it right', async (name) => {
    const folder = await makeFilledStateFolder();
    const path = join(folder.directory, name);
    await chmod(path, 0o755);
    const opening = folder.open(atStart);
    await expect(opening).rejects.toThrow(`'${path}'`);
    await expect(opening).rejects.toMatchObject({ name: 'NotPrivateError' });
    await chmod(path, (await stat(path)).isDirectory() ? 0o700 : 0o600);
    await folder.open(atStart);
  });

  it('a link in the place of a document → refused', async () => {
    const folder = await makeFilledStateFolder();
    const path = folder.documentPath(TWO);
    await rename(path, join(folder.directory, '..', 'elsewhere.json'));
    await symlink('../../../elsewhere.json', path);
    await expect(folder.open(atStart)).rejects.toMatchObject({ name: 'NotPrivateError' });
  });

  it('another process, or this one, has it → refused; once it is closed → opens', async () => {
    const folder = await makeFilledStateFolder();
    const store = await folder.open(atStart);
    await expect(folder.open(atStart)).rejects.toMatchObject({ name: 'FolderInUseError' });
    await store.close();
    await folder.open(atStart);
  });

  it('a crash left temporary files → gone at the next start', async () => {
    const folder = await makeFilledStateFolder();
    const left = [folder.storeFile, folder.documentPath(ONE), folder.counterPath('count')];
    for (const path of left) await writeFile(`${path}.x.tmp`, '{', { mode: 0o600 });
    const before = await everythingIn(folder.directory);
    await folder.open(atStart);
    const names = Object.keys(await everythingIn(folder.directory));
    expect(names.length).toBe(Object.keys(before).length - left.length);
    expect(names.filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it.each(['a folder that is not there', 'an empty folder', 'a folder with a lock file'])(
    '%s, without init → empty, and nothing is made',
    async (what) => {
      const folder = await makeStateFolder();
      if (what !== 'a folder that is not there') await mkdir(folder.directory, { mode: 0o700 });
      if (what === 'a folder with a lock file') {
        await writeFile(join(folder.directory, '.lock'), '', { mode: 0o600 });
      }
      const opening = folder.open(atStart);
      await expect(opening).rejects.toMatchObject({ name: 'StateError', code: 'empty' });
      await expect(opening).rejects.toThrow('--init state');
      expect(await readdir(folder.directory).catch(() => [])).not.toContain('store.json');
    },
  );

  it('a start that changes nothing → writes nothing', async () => {
    const folder = await makeFilledStateFolder();
    const before = await everythingIn(folder.directory);
    const store = await folder.open(atStart);
    await store.close();
    expect(await everythingIn(folder.directory)).toEqual(before);
  });

  it('a crash between a document and store.json → the document is there, at its revision', async () => {
    const folder = await makeFilledStateFolder();
    const before = await readFile(folder.storeFile, 'utf8');
    const store = await folder.open(atStart);
    const three = await putAt(store, { ...ONE, id: 'three' });
    const { mark } = await store.changesSince(0);
    await store.close();
    await writeFile(folder.storeFile, before);
    const again = await folder.open(atStart);
    expect((await again.changesSince(0)).mark).toEqual(mark);
    expect(await again.get(three)).toEqual(three);
    expect((await putAt(again, { ...ONE, id: 'four' })).revision).toBe(three.revision + 1);
  });
});

describe('a state store of which something is missing', () => {
  it.each([
    ['a document', (folder: StateFolderFixture) => folder.documentPath(TWO)],
    ['a collection', ({ directory }: StateFolderFixture) => join(directory, 'documents/things')],
    ['all documents', ({ directory }: StateFolderFixture) => join(directory, 'documents')],
    ['store.json', ({ storeFile }: StateFolderFixture) => storeFile],
  ])(
    '%s → damaged, also with init, until the loss is accepted; then it has another id',
    async (_, pathOf) => {
      const folder = await makeFilledStateFolder();
      const { id } = JSON.parse(await readFile(folder.storeFile, 'utf8')) as { id: string };
      await rm(pathOf(folder), { recursive: true });
      for (const init of [false, true]) {
        const opening = folder.open({ init });
        await expect(opening).rejects.toMatchObject({ name: 'StateError', code: 'damaged' });
        await expect(opening).rejects.toThrow('--init state');
      }
      const store = await folder.open({ acceptsLoss: true });
      const { mark } = await store.changesSince(0);
      expect(mark.revision).toBe(2);
      expect(store.id).toMatch(/^[0-9a-f]{32}$/);
      expect(store.id).not.toBe(id);
      await store.close();
      const again = await folder.open(atStart);
      expect((await again.changesSince(0)).mark).toEqual(mark);
    },
  );

  it.each(['', '{', '{}', '{"format":1}', 'null', '[]'])(
    'store.json that is %j → damaged, left as it is, also where a loss is accepted',
    async (text) => {
      const folder = await makeFilledStateFolder();
      await writeFile(folder.storeFile, text);
      for (const acceptsLoss of [false, true]) {
        const opening = folder.open({ acceptsLoss });
        await expect(opening).rejects.toMatchObject({ code: 'damaged' });
        await expect(opening).rejects.toThrow(folder.storeFile);
      }
      expect(await readFile(folder.storeFile, 'utf8')).toBe(text);
    },
  );

  it('a copy of the whole folder in another place → the same store', async () => {
    const folder = await makeFilledStateFolder();
    const copy = `${folder.directory}-copy`;
    await cp(folder.directory, copy, { recursive: true });
    const [one, other] = [await folder.open(atStart), await stateFolderAt(copy).open(atStart)];
    expect(await other.changesSince(0)).toEqual(await one.changesSince(0));
  });
});
