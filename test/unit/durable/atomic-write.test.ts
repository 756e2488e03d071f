import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { removeTemporaryFiles, writeFileAtomically } from '../../../src/durable/atomic-write.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

describe('writeFileAtomically', () => {
  it('a new file → has the contents, mode 0600, and nothing beside it', async () => {
    const folder = temporaryFolder();
    await writeFileAtomically(join(folder, 'a.json'), 'one');
    expect(await readFile(join(folder, 'a.json'), 'utf8')).toBe('one');
    expect((await stat(join(folder, 'a.json'))).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['a.json']);
  });

  it('a file that exists → replaced by another file, never written into', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'a.json');
    await writeFileAtomically(path, 'a longer first version');
    const before = await stat(path);
    await writeFileAtomically(path, 'two');
    expect(await readFile(path, 'utf8')).toBe('two');
    expect((await stat(path)).ino).not.toBe(before.ino);
  });

  it('ten writes of one file at once → the whole of one of them', async () => {
    const folder = temporaryFolder();
    const contents = Array.from({ length: 10 }, (_, index) => String(index).repeat(10_000));
    await Promise.all(contents.map((text) => writeFileAtomically(join(folder, 'a'), text)));
    expect(contents).toContain(await readFile(join(folder, 'a'), 'utf8'));
    expect(await readdir(folder)).toEqual(['a']);
  });

  it('a target that cannot be replaced → rejects and leaves no temporary file', async () => {
    const folder = temporaryFolder();
    await mkdir(join(folder, 'taken'));
    await expect(writeFileAtomically(join(folder, 'taken'), 'x')).rejects.toThrow('EISDIR');
    expect(await readdir(folder)).toEqual(['taken']);
  });

  it('a folder that is gone → rejects', async () => {
    const folder = temporaryFolder();
    await expect(writeFileAtomically(join(folder, 'no', 'a'), 'x')).rejects.toThrow('ENOENT');
  });
});

describe('removeTemporaryFiles', () => {
  it('what a crash left → removed, and nothing else', async () => {
    const folder = temporaryFolder();
    await writeFile(join(folder, 'a.json'), 'whole');
    await writeFile(join(folder, 'a.json.6b1f.tmp'), 'ha');
    await removeTemporaryFiles(folder);
    expect(await readdir(folder)).toEqual(['a.json']);
  });
});
