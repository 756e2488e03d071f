import { link, open, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HEALTH_TEST_KEY_ID } from '../../../../src/key-managers/backend.js';
import { canaries } from '../../../support/canaries.js';
import {
  currentRef,
  longDeadline,
  makeKeyFolder,
  readJson,
  refusalOf,
} from '../../../support/key-folder.js';

const BOTH = new Set(['ENCRYPT', 'DECRYPT'] as const);
const AAD = Buffer.alloc(0);

/** A folder with the key `k` in two versions. */
async function rotatedKey() {
  const folder = await makeKeyFolder();
  const manager = await folder.open({ init: true });
  await manager.administration.createKey('k', BOTH);
  const old = await currentRef(manager, 'k');
  const sealed = await manager.node.encrypt(old, canaries.plaintext, AAD, longDeadline());
  await manager.administration.rotateKey('k', 1);
  return { folder, manager, old, sealed };
}

/** Reads what is left in a file that a path named before. */
async function overwritten(path: string, act: () => Promise<void>): Promise<boolean> {
  const handle = await open(path, 'r');
  try {
    await act();
    const left = await handle.readFile();
    return left.length > 0 && left.every((byte) => byte === 0);
  } finally {
    await handle.close();
  }
}

describe('a version of a key in a folder that is destroyed', () => {
  it('the file that had its material → overwritten; the new one keeps number, name and date', async () => {
    const { folder, manager, old } = await rotatedKey();
    const path = folder.documentPath('k');
    const before = JSON.parse(await readFile(path, 'utf8')) as { versions: object[] };
    const act = () => manager.administration.destroyVersion('k', 1);
    expect(await overwritten(path, act)).toBe(true);
    const document = (await readJson(path)) as { format: number; versions: object[] };
    expect(document.format).toBe(2);
    expect(document.versions[1]).toEqual(before.versions[1]);
    expect(document.versions[0]).toEqual({
      version: 1,
      materialName: old.version.materialName.toString('hex'),
      createdAt: expect.any(String),
    });
    expect(await folder.open().catch(() => 'locked')).toBe('locked');
  });

  it('a start afterwards → the version opens nothing, the other one does, and the list says so', async () => {
    const { folder, manager, old, sealed } = await rotatedKey();
    const newest = await currentRef(manager, 'k');
    const kept = await manager.node.encrypt(newest, canaries.plaintext, AAD, longDeadline());
    await manager.administration.destroyVersion('k', 1);
    await manager.node.close();
    const again = await folder.open();
    const decrypting = () => again.node.decrypt(old, sealed, AAD, longDeadline());
    expect(await refusalOf(decrypting)).toBe('version-not-found');
    expect(await again.node.decrypt(newest, kept, AAD, longDeadline())).toEqual(canaries.plaintext);
    const [summary] = await again.administration.listKeys();
    expect(summary).toMatchObject({
      origin: 'generated',
      versions: [
        { version: 1, material: 'absent', createdAt: expect.any(Date) },
        { version: 2, material: 'present', encryptions: 65_536 },
      ],
    });
  });

  it('the one that encrypts → the key encrypts no more, until it is rotated', async () => {
    const { manager } = await rotatedKey();
    const ref = await currentRef(manager, 'k');
    await manager.administration.destroyVersion('k', 2);
    const encrypting = () => manager.node.encrypt(ref, canaries.plaintext, AAD, longDeadline());
    expect(await refusalOf(encrypting)).toBe('version-not-found');
    expect(manager.ring.find('k')?.current).toBeUndefined();
    await manager.administration.rotateKey('k', 2);
    expect((await currentRef(manager, 'k')).version.version).toBe(3);
  });

  it('a backup that is a link to the same file → left as it was', async () => {
    const { folder, manager } = await rotatedKey();
    const backup = join(folder.directory, 'k.backup');
    await link(folder.documentPath('k'), backup);
    const before = await readFile(backup);
    await manager.administration.destroyVersion('k', 1);
    expect(await readFile(backup)).toEqual(before);
  });

  it('a version that never was → version-not-found', async () => {
    const { manager } = await rotatedKey();
    expect(await refusalOf(manager.administration.destroyVersion('k', 9))).toBe(
      'version-not-found',
    );
  });
});

describe('a key in a folder that is destroyed', () => {
  it('its file → overwritten and gone; its numbers stay, and nobody gets its id', async () => {
    const { folder, manager } = await rotatedKey();
    const path = folder.documentPath('k');
    const act = () => manager.administration.destroyKey('k');
    expect(await overwritten(path, act)).toBe(true);
    await expect(stat(path)).rejects.toThrow('ENOENT');
    expect(await readJson(folder.counterPath('k'))).toMatchObject({
      version: 2,
      destroyedAt: expect.any(String),
    });
    expect(await refusalOf(manager.administration.createKey('k', BOTH))).toBe('conflict');
    await manager.node.close();
    const again = await folder.open();
    expect(await again.administration.listKeys()).toEqual([]);
    expect(await refusalOf(again.administration.createKey('k', BOTH))).toBe('conflict');
    expect(folder.logged.filter(({ level }) => level !== 'info')).toEqual([]);
  });

  it('a file that comes back from a backup → is read, and the next number is a new one', async () => {
    const { folder, manager, old, sealed } = await rotatedKey();
    const document = await readFile(folder.documentPath('k'));
    await manager.administration.destroyKey('k');
    await manager.node.close();
    await writeFile(folder.documentPath('k'), document, { mode: 0o600 });
    const again = await folder.open();
    const opened = await again.node.decrypt(old, sealed, AAD, longDeadline());
    expect(opened).toEqual(canaries.plaintext);
    await again.administration.rotateKey('k', 2);
    expect((await currentRef(again, 'k')).version.version).toBe(3);
  });

  it('while it is being rotated → is gone all the same', async () => {
    const { folder, manager } = await rotatedKey();
    const rotating = refusalOf(manager.administration.rotateKey('k', 2));
    await manager.administration.destroyKey('k');
    await rotating;
    expect(await refusalOf(manager.administration.rotateKey('k', 9))).toBe('key-not-found');
    await manager.node.close();
    expect(await (await folder.open()).administration.listKeys()).toEqual([]);
  });

  it('the test key, or one of its versions → refused with unsupported', async () => {
    const { manager } = await rotatedKey();
    const { administration } = manager;
    expect(await refusalOf(administration.destroyKey(HEALTH_TEST_KEY_ID))).toBe('unsupported');
    expect(await refusalOf(administration.destroyVersion(HEALTH_TEST_KEY_ID, 1))).toBe(
      'unsupported',
    );
  });

  it('a damaged document → refused with corrupt, and left as it is', async () => {
    const { folder, manager } = await rotatedKey();
    await manager.administration.createKey('other', BOTH);
    await manager.node.close();
    await writeFile(folder.documentPath('k'), 'no document', { mode: 0o600 });
    const again = await folder.open();
    expect(await refusalOf(again.administration.destroyKey('k'))).toBe('corrupt');
    expect(await refusalOf(again.administration.rotateKey('k', 2))).toBe('corrupt');
    expect(await readFile(folder.documentPath('k'), 'utf8')).toBe('no document');
  });
});
