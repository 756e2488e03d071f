import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Collection } from '../../../../src/kms-simulator/state/collection.js';

const schema = z.strictObject({ id: z.string(), value: z.number() });
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'collection-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

function open() {
  return Collection.open(join(folder, 'documents'), schema);
}

describe('a collection', () => {
  it('gives what was put to whoever opens it next, whatever characters and length an id has', async () => {
    const ids = ['alias/a', '../escaped', 'x'.repeat(2_000), 'ä'];
    const first = await open();
    await Promise.all(ids.map((id, value) => first.put({ id, value })));
    const second = await open();
    expect(ids.map((id) => second.get(id)?.value)).toEqual([0, 1, 2, 3]);
    expect(await readdir(folder)).toEqual(['documents']);
  });

  it('keeps the last of many changes of one document that nobody waited for', async () => {
    const first = await open();
    const values = [...Array(20).keys()];
    await Promise.all(values.map((value) => first.put({ id: 'a', value })));
    await Promise.all([first.remove('b'), first.put({ id: 'b', value: 1 }), first.remove('b')]);
    expect((await open()).all()).toEqual([{ id: 'a', value: 19 }]);
  });

  it('a crash between write and rename → the old document, and the rest is cleared away', async () => {
    await (await open()).put({ id: 'a', value: 1 });
    const [name = ''] = await readdir(join(folder, 'documents'));
    await writeFile(join(folder, 'documents', `${name}.1234.tmp`), '{"id":"a","val');
    expect((await open()).all()).toEqual([{ id: 'a', value: 1 }]);
    expect(await readdir(join(folder, 'documents'))).toEqual([name]);
  });

  it.each([
    ['half of a document', '{"id":"canary-of-a-ke'],
    ['a word that JSON.parse would quote', 'canary'],
    ['nothing', ''],
    ['a value of another type', '{"id":"a","value":"canary"}'],
  ])('%s in a file → an error that names the file, and nothing in it', async (_, content) => {
    await mkdir(join(folder, 'documents'));
    const path = join(folder, 'documents', 'a.json');
    await writeFile(path, content);
    const failure: unknown = await open().catch((error: unknown) => error);
    expect(inspect(failure)).toContain(`${path} is damaged`);
    expect(inspect(failure)).not.toContain('canary');
    expect(await readFile(path, 'utf8')).toBe(content);
  });

  it('tells of a change that cannot be written, and writes the next one', async () => {
    const collection = await open();
    await rm(join(folder, 'documents'), { recursive: true });
    await expect(collection.put({ id: 'a', value: 1 })).rejects.toThrow(/ENOENT/);
    await mkdir(join(folder, 'documents'));
    await collection.put({ id: 'b', value: 2 });
    expect((await open()).all()).toEqual([{ id: 'b', value: 2 }]);
  });
});
