import { randomBytes, scrypt } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { FolderInUseError } from '../../../../src/durable/folder-lock.js';
import { hasKeyDocuments } from '../../../../src/key-managers/sealed/folder/key-folder.js';
import { Secret } from '../../../../src/shared/secret.js';
import { canaries } from '../../../support/canaries.js';
import {
  encryptTimes,
  keyFolderAt,
  longDeadline,
  makeKeyFolder,
  readJson,
  refusalOf,
} from '../../../support/key-folder.js';

vi.mock('node:crypto', { spy: true });

describe('an empty folder', () => {
  it('without init → refused, and nothing is made there', async () => {
    const folder = await makeKeyFolder();
    expect(await refusalOf(folder.open())).toBe('misconfigured');
    await expect(folder.open()).rejects.toThrow('--init');
    expect(await readdir(folder.directory)).toEqual([]);
  });

  it('with other files in it, such as lost+found, without init → refused', async () => {
    const folder = await makeKeyFolder();
    await mkdir(join(folder.directory, 'lost+found'));
    await expect(folder.open()).rejects.toThrow('--init');
  });

  it('a folder that is not there, without init → refused, and not made', async () => {
    const { directory } = await makeKeyFolder();
    const missing = keyFolderAt(join(directory, 'keys'));
    await expect(missing.open()).rejects.toThrow('--init');
    expect(await readdir(directory)).toEqual([]);
  });

  it('a folder that is not there, with init → made with mode 0700, and healthy', async () => {
    const { directory } = await makeKeyFolder();
    const missing = keyFolderAt(join(directory, 'a', 'keys'));
    const { node } = await missing.open({ init: true });
    expect((await stat(missing.directory)).mode & 0o777).toBe(0o700);
    expect(await node.checkHealth(longDeadline())).toEqual({ status: 'ACTIVE' });
  });

  it('initialised → starts without init afterwards', async () => {
    const folder = await makeKeyFolder();
    await (await folder.open({ init: true })).node.close();
    const { administration } = await folder.open();
    expect(await administration.listKeys()).toEqual([]);
  });
});

describe('the folder on disk', () => {
  it('all files → mode 0600, folders 0700', async () => {
    const folder = await makeKeyFolder();
    const { administration } = await folder.open({ init: true });
    await administration.createKey('k', new Set());
    for (const entry of await readdir(folder.directory, { recursive: true, withFileTypes: true })) {
      const { mode } = await stat(join(entry.parentPath, entry.name));
      expect([entry.name, mode & 0o777]).toEqual([entry.name, entry.isFile() ? 0o600 : 0o700]);
    }
  });

  it('what a crash left of a write → cleared away', async () => {
    const folder = await makeKeyFolder();
    await (await folder.open({ init: true })).node.close();
    const left = [folder.documentPath('k'), folder.counterPath('k')].map(
      (path) => `${path}.5e1f.tmp`,
    );
    for (const path of left) await writeFile(path, '{"for');
    await folder.open();
    const names = await readdir(folder.directory, { recursive: true });
    expect(names.filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('a second start while the first is at work → FolderInUseError that names the folder', async () => {
    const folder = await makeKeyFolder();
    await folder.open({ init: true });
    await expect(folder.open()).rejects.toThrow(FolderInUseError);
    await expect(folder.open()).rejects.toThrow(folder.directory);
  });

  it('a start that failed → the folder is free again', async () => {
    const folder = await makeKeyFolder();
    await (await folder.open({ init: true })).node.close();
    const masterKey = { key: new Secret(Buffer.alloc(32, 9).toString('base64')) };
    expect(await refusalOf(keyFolderAt(folder.directory, { masterKey }).open())).toBe(
      'misconfigured',
    );
    await folder.open();
  });

  it('key material, plain or in base64 → in no file', async () => {
    const folder = await makeKeyFolder({
      ports: {
        randomBytes: (size) =>
          size === 32 ? Buffer.from(canaries.keyMaterial) : randomBytes(size),
      },
    });
    const manager = await folder.open({ init: true });
    await manager.administration.createKey('k', new Set(['ENCRYPT', 'DECRYPT']));
    await encryptTimes(manager, 'k', 1);
    const text = await readFile(folder.documentPath('k'), 'latin1');
    for (const encoding of ['latin1', 'base64', 'base64url', 'hex'] as const) {
      expect(text).not.toContain(canaries.keyMaterial.toString(encoding).slice(0, 20));
    }
  });
});

describe('a master key from a passphrase', () => {
  it('forty documents → one scrypt a start, and its salt and cost in each of them', async () => {
    const masterKey = { passphrase: new Secret(canaries.passphrase) };
    const folder = await makeKeyFolder({ masterKey });
    const first = await folder.open({ init: true });
    for (let index = 0; index < 40; index += 1) {
      await first.administration.createKey(`k${index}`, new Set());
    }
    await first.node.close();
    vi.mocked(scrypt).mockClear();
    const { administration } = await folder.open();
    expect(await administration.listKeys()).toHaveLength(40);
    expect(scrypt).toHaveBeenCalledTimes(1);
    expect(await readJson(folder.documentPath('k39'))).toMatchObject({
      sealing: {
        scrypt: { salt: expect.stringMatching(/^[A-Za-z0-9+/]{22}==$/), N: 131_072, r: 8, p: 1 },
      },
    });
  });
});

describe('hasKeyDocuments', () => {
  it('no folder, an empty folder, a folder with keys → false, false, true', async () => {
    const folder = await makeKeyFolder();
    expect(await hasKeyDocuments(join(folder.directory, 'keys'))).toBe(false);
    expect(await hasKeyDocuments(folder.directory)).toBe(false);
    await folder.open({ init: true });
    expect(await hasKeyDocuments(folder.directory)).toBe(true);
  });

  it('nothing but a damaged document → true', async () => {
    const folder = await makeKeyFolder();
    await writeFile(join(folder.directory, 'payroll.json'), '');
    expect(await hasKeyDocuments(folder.directory)).toBe(true);
    await rm(join(folder.directory, 'payroll.json'));
  });
});
