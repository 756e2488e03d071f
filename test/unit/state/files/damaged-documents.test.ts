import { copyFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parseDocumentFile } from '../../../../src/state/files/document-file.js';
import { renderFile } from '../../../../src/state/files/stored-file.js';
import { stateReplica } from '../../../support/state-replica.js';
import {
  atStart,
  makeFilledStateFolder,
  makeStateFolder,
  ONE,
  putAt,
  TWO,
} from '../../../support/state-folder.js';

describe('a document that cannot be trusted', () => {
  const spoilings: [string, (text: string) => string][] = [
    ['cut short', (text) => text.slice(0, text.length / 2)],
    ['empty', () => ''],
    ['no JSON', () => 'x'],
    ['other JSON', () => '[1]'],
    ['another revision', (text) => text.replace('"revision": 2', '"revision": 1')],
    ['other contents', (text) => text.replace('"contents": "1"', '"contents": "2"')],
    ['removed', (text) => text.replace('"contents": "1"', '"contents": null')],
    ['a field more', (text) => text.replace('{', '{"more": 1,')],
  ];

  it.each(spoilings)('%s → named, the file is left as it is, others work', async (_, spoil) => {
    const folder = await makeFilledStateFolder();
    const path = folder.documentPath(TWO);
    const spoilt = spoil(await readFile(path, 'utf8'));
    await writeFile(path, spoilt);
    const store = await folder.open(atStart);
    const { damaged, documents } = await store.changesSince(0);
    expect(damaged).toEqual([{ ...TWO, problem: expect.stringContaining(path) as string }]);
    expect(documents.map(({ id }) => id)).toEqual([ONE.id]);
    for (const replaces of [0, 2]) {
      await expect(putAt(store, TWO, replaces)).rejects.toMatchObject({ code: 'damaged' });
    }
    await store.recover([{ ...TWO, revision: 9, format: 1, contents: '2' }], 9);
    await store.close();
    expect(await readFile(path, 'utf8')).toBe(spoilt);
    const again = await folder.open(atStart);
    expect((await again.changesSince(0)).damaged).toHaveLength(1);
  });

  it('of a newer version → says so', async () => {
    const folder = await makeFilledStateFolder();
    const path = folder.documentPath(TWO);
    await writeFile(path, renderFile(2, { anything: true }));
    const { damaged } = await (await folder.open(atStart)).changesSince(0);
    expect(damaged[0]).toMatchObject({
      problem: expect.stringContaining('a newer version of Holdfast has made') as string,
      isNewer: true,
    });
  });

  it('of a newer version → called so and not damaged, left as it is, and not replaced', async () => {
    const folder = await makeFilledStateFolder();
    const path = folder.documentPath(TWO);
    const newer = renderFile(2, parseDocumentFile(await readFile(path, 'utf8')));
    await writeFile(path, newer);
    const store = await folder.open(atStart);
    await expect(putAt(store, TWO, 2)).rejects.toMatchObject({ code: 'newer-version' });
    await expect(store.get(TWO)).rejects.toMatchObject({ code: 'newer-version' });
    const things = (await stateReplica(store)).collection({
      name: TWO.collection,
      newest: { number: 1, schema: z.unknown() },
    });
    expect(things.get(TWO.id)?.kind).toBe('newer-version');
    expect(await readFile(path, 'utf8')).toBe(newer);
  });

  it('no file of a store in its folders → named in the log and to whoever asks', async () => {
    const folder = await makeFilledStateFolder();
    const strays = ['documents/notes.txt', 'documents/things/two.json~', 'counters/a.bak'];
    for (const stray of strays) {
      await writeFile(join(folder.directory, stray), '', { mode: 0o600 });
    }
    const store = await folder.open(atStart);
    const { leftAside, damaged } = await store.changesSince(0);
    expect(damaged).toEqual([]);
    const named = strays.toSorted().map((stray) => expect.stringContaining(stray) as string);
    expect(leftAside).toEqual(named);
    expect(folder.logged).toEqual(named);
  });

  it('put right from a backup → works again', async () => {
    const folder = await makeFilledStateFolder();
    const path = folder.documentPath(TWO);
    const whole = await readFile(path, 'utf8');
    await writeFile(path, '');
    await (await folder.open(atStart)).close();
    await writeFile(path, whole);
    const store = await folder.open(atStart);
    expect((await store.changesSince(0)).damaged).toEqual([]);
    expect((await putAt(store, TWO, 2)).revision).toBe(3);
  });

  it('under another name → damaged, under the id that it says', async () => {
    const folder = await makeFilledStateFolder();
    await rename(folder.documentPath(TWO), folder.documentPath({ ...TWO, id: 'three' }));
    const store = await folder.open(atStart);
    const { damaged } = await store.changesSince(0);
    expect(damaged.map(({ id }) => id)).toEqual([TWO.id]);
    await expect(putAt(store, TWO)).rejects.toMatchObject({ code: 'damaged' });
    await expect(putAt(store, { ...TWO, id: 'three' })).rejects.toMatchObject({ code: 'conflict' });
  });

  it('in another collection → damaged', async () => {
    const folder = await makeFilledStateFolder();
    await mkdir(join(folder.directory, 'documents/others'), { mode: 0o700 });
    await rename(folder.documentPath(TWO), folder.documentPath({ ...TWO, collection: 'others' }));
    const { damaged } = await (await folder.open(atStart)).changesSince(0);
    expect(damaged.map(({ collection, id }) => [collection, id])).toEqual([['things', 'two']]);
  });

  it('a copy beside the original → a warning at the start, and nothing is wrong', async () => {
    const folder = await makeFilledStateFolder();
    const path = folder.documentPath(TWO);
    await copyFile(path, path.replace('two', 'two (copy)'));
    const store = await folder.open(atStart);
    expect((await store.changesSince(0)).damaged).toEqual([]);
    expect(store.warnings).toEqual([]);
    expect(folder.logged).toEqual([expect.stringContaining('two (copy).json')]);
    expect((await putAt(store, TWO, 2)).revision).toBe(3);
  });

  it('a document that came into the folder since the start → no change overwrites it', async () => {
    const folder = await makeStateFolder();
    const store = await folder.open();
    await putAt(store, ONE);
    const path = folder.documentPath(TWO);
    await copyFile(folder.documentPath(ONE), path);
    await expect(putAt(store, TWO)).rejects.toMatchObject({ code: 'conflict' });
    expect(await readFile(path, 'utf8')).toContain('"id": "One"');
  });

  it('with a long id and unreadable → known by the name of its file, and not overwritten', async () => {
    const folder = await makeStateFolder();
    const long = { collection: 'things', id: 'X'.repeat(256) };
    const store = await folder.open();
    await putAt(store, long);
    await store.close();
    await writeFile(folder.documentPath(long), '');
    const again = await folder.open(atStart);
    expect((await again.changesSince(0)).damaged).toHaveLength(1);
    await expect(putAt(again, long)).rejects.toMatchObject({ code: 'conflict' });
    expect(await readFile(folder.documentPath(long), 'utf8')).toBe('');
  });
});
