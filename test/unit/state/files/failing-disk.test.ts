import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { writeFileAtomically } from '../../../../src/durable/atomic-write.js';
import type { FilesStateStore } from '../../../../src/state/files/files-store.js';
import { makeStateFolder } from '../../../support/state-folder.js';

/** A way for a write to fail: before anything is written, or after all of it is. */
type Failure = 'before' | 'after';

/** A disk that fails in the writes of certain files, while a test wants it to. */
async function makeFailing() {
  const folder = await makeStateFolder();
  let failing: { readonly path: RegExp; readonly when: Failure } | undefined;
  const writeFile = async (path: string, text: string) => {
    const fails = failing?.path.test(path) === true ? failing.when : undefined;
    if (fails !== 'before') await writeFileAtomically(path, text);
    if (fails !== undefined) throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' });
  };
  return {
    folder,
    store: await folder.open({ writeFile }),
    fail: (path: RegExp, when: Failure) => {
      failing = { path, when };
    },
    mend: () => {
      failing = undefined;
    },
  };
}

const NAME = { collection: 'things', id: 'one' };
const COUNT = { counter: 'count', size: 10, limit: 1000 };

function put(store: FilesStateStore, replaces: number, contents: string) {
  return store.put({ ...NAME, format: 1, contents, replaces });
}

describe('the state store on a disk that fails', () => {
  it('a document is not written → unavailable, nothing has changed, and it works later', async () => {
    const { folder, store, fail, mend } = await makeFailing();
    const made = await put(store, 0, '1');
    const before = await store.changesSince(0);
    fail(/one\.json$/, 'before');
    await expect(put(store, made.revision, '2')).rejects.toMatchObject({ code: 'unavailable' });
    expect(await store.changesSince(0)).toEqual(before);
    mend();
    const replaced = await put(store, made.revision, '3');
    await store.close();
    expect(await (await folder.open({ init: false })).get(NAME)).toEqual(replaced);
  });

  it('a document may be on disk or not → outcome-unknown, and no change before it is certain', async () => {
    const { folder, store, fail, mend } = await makeFailing();
    const made = await put(store, 0, '1');
    fail(/one\.json$/, 'after');
    await expect(put(store, made.revision, '2')).rejects.toMatchObject({ code: 'outcome-unknown' });
    const unsure = await store.get(NAME);
    expect(unsure?.contents).toBe('2');
    const other = { ...NAME, id: 'other', format: 1, contents: '1', replaces: 0 };
    await expect(store.put(other)).rejects.toMatchObject({ code: 'outcome-unknown' });
    expect(await store.get(other)).toBeUndefined();
    mend();
    const next = await store.put(other);
    expect(next.revision).toBe((unsure?.revision ?? 0) + 1);
    await store.close();
    const again = await folder.open({ init: false });
    expect((await again.changesSince(0)).documents).toEqual([unsure, next]);
  });

  it.each<Failure>(['before', 'after'])(
    'a count fails %s it is written → the block is spent, and never given out',
    async (when) => {
      const { folder, store, fail, mend } = await makeFailing();
      await store.beginCounter(COUNT.counter, 0);
      fail(/count\.json$/, when);
      const code = when === 'before' ? 'unavailable' : 'outcome-unknown';
      await expect(store.drawBlock(COUNT)).rejects.toMatchObject({ code });
      mend();
      expect(await store.drawBlock(COUNT)).toEqual({ from: 10, to: 20 });
      await store.close();
      const again = await folder.open({ init: false });
      expect(await again.drawBlock(COUNT)).toEqual({ from: 20, to: 30 });
    },
  );

  it('store.json is not written → the change is made, and a warning until a later one writes it', async () => {
    const { folder, store, fail, mend } = await makeFailing();
    const before = await readFile(folder.storeFile, 'utf8');
    fail(/store\.json$/, 'before');
    const made = await put(store, 0, '1');
    expect(store.warnings).toEqual([expect.stringContaining('store.json')]);
    expect(await readFile(folder.storeFile, 'utf8')).toBe(before);
    mend();
    await put(store, made.revision, '2');
    expect(store.warnings).toEqual([]);
    expect(await readFile(folder.storeFile, 'utf8')).toContain('"revision": 2');
  });
});
