import { rm, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { canaries } from '../../../support/canaries.js';
import {
  encryptOnce,
  makeCountedKey,
  smallLimits,
  useUpTheBlock,
  versionOf,
} from '../../../support/counted-key.js';
import {
  currentRef,
  encryptTimes,
  longDeadline,
  readJson,
  refusalOf,
} from '../../../support/key-folder.js';

const aad = Buffer.alloc(0);

describe('a version that is full', () => {
  it('encryptions going on → a new version takes over, and the old one decrypts', async () => {
    const { folder, manager } = await makeCountedKey();
    const ref = await currentRef(manager, 'k');
    const sealed = await manager.node.encrypt(ref, canaries.plaintext, aad, longDeadline());
    await encryptTimes(manager, 'k', smallLimits.perVersion - 2);
    await expect.poll(() => versionOf(manager)).toBe(2);
    expect(await readJson(folder.counterPath('k'))).toMatchObject({
      version: 2,
      reserved: smallLimits.blockSize,
    });
    const opened = await manager.node.decrypt(ref, sealed, aad, longDeadline());
    expect(opened).toEqual(canaries.plaintext);
    const { versions } = await manager.node.describeKey('k', longDeadline());
    expect([...versions.keys()]).toEqual([1, 2]);
  });

  it('an encryption that still names the old version → counted against the rest of its block', async () => {
    const { manager } = await makeCountedKey();
    const old = await currentRef(manager, 'k');
    const made = smallLimits.perVersion - 2;
    await encryptTimes(manager, 'k', made);
    await expect.poll(() => versionOf(manager)).toBe(2);
    const outcomes = [];
    for (let tries = 0; tries < 4; tries += 1) {
      const work = () => manager.node.encrypt(old, canaries.plaintext, aad, longDeadline());
      outcomes.push(await refusalOf(work));
    }
    expect(outcomes).toEqual([undefined, undefined, 'conflict', 'conflict']);
  });

  it('the new version survives a restart → same material', async () => {
    const { manager, reopen } = await makeCountedKey();
    await encryptTimes(manager, 'k', smallLimits.perVersion - 2);
    await expect.poll(() => versionOf(manager)).toBe(2);
    const ref = await currentRef(manager, 'k');
    const sealed = await manager.node.encrypt(ref, canaries.plaintext, aad, longDeadline());
    const again = await reopen();
    expect(await currentRef(again, 'k')).toEqual(ref);
    const opened = await again.node.decrypt(ref, sealed, aad, longDeadline());
    expect(opened).toEqual(canaries.plaintext);
  });

  it.each([
    ['counter', (path: string) => path.includes('counters')],
    ['document', (path: string) => !path.includes('counters')],
  ])(
    'its %s cannot be written → the old one goes on for its block; the next number is new',
    async (_, broken) => {
      const { clock, manager, disk, reopen } = await makeCountedKey();
      await encryptTimes(manager, 'k', smallLimits.perVersion - smallLimits.blockSize);
      disk.isBroken = broken;
      expect(await versionOf(manager)).toBe(1);
      await useUpTheBlock(manager);
      expect(await encryptOnce(manager)).toBe('internal');
      disk.isBroken = () => false;

      // As after a crash at this moment: what is on disk tells nothing of version 1 that is too
      // low.
      const again = await reopen();
      clock.at += 1000;
      expect(await versionOf(again)).toBeGreaterThanOrEqual(2);
      expect(await encryptOnce(again)).toBeUndefined();
    },
  );
});

describe('a count that is unknown', () => {
  const counter = { format: 1, externalKeyId: 'k', version: 1, materialName: '', reserved: 4 };

  it.each([
    ['is missing', undefined, 2],
    ['is empty', '', 2],
    ['is cut', '{"format":1,', 2],
    ['names another key', JSON.stringify({ ...counter, externalKeyId: 'K' }), 2],
    ['names other material', JSON.stringify({ ...counter, materialName: '0123456789abcdef' }), 2],
    [
      'names a higher version',
      JSON.stringify({ ...counter, version: 6, materialName: '0123456789abcdef' }),
      7,
    ],
    [
      'names a version that nobody came by',
      JSON.stringify({ ...counter, version: 2 ** 32 - 1, materialName: '0123456789abcdef' }),
      2,
    ],
    ['is of another format', JSON.stringify({ ...counter, format: 2 }), 2],
    ['counts below zero', JSON.stringify({ ...counter, reserved: -1 }), 2],
  ])(
    'its file %s → a new version at the start, the old one decrypts',
    async (_, text, expected) => {
      const { folder, manager, reopen } = await makeCountedKey();
      const ref = await currentRef(manager, 'k');
      const sealed = await manager.node.encrypt(ref, canaries.plaintext, aad, longDeadline());
      await rm(folder.counterPath('k'));
      if (text !== undefined) await writeFile(folder.counterPath('k'), text, { mode: 0o600 });

      const again = await reopen();
      expect(await versionOf(again)).toBe(expected);
      const opened = await again.node.decrypt(ref, sealed, aad, longDeadline());
      expect(opened).toEqual(canaries.plaintext);
      await encryptTimes(again, 'k', 1);
      expect(await versionOf(await reopen(again))).toBe(expected);
    },
  );

  it.each([
    [1001, 1002, 0],
    [1002, 2, 1],
  ])(
    'its file names version %i of a key with one version → version %i, %i lines in the log',
    async (version, expected, lines) => {
      const { folder, reopen } = await makeCountedKey();
      const text = JSON.stringify({ ...counter, version, materialName: '0123456789abcdef' });
      await writeFile(folder.counterPath('k'), text);
      expect(await versionOf(await reopen())).toBe(expected);
      expect(folder.logged.filter(({ level }) => level === 'error')).toHaveLength(lines);
    },
  );

  it('and no new version can be written → Decrypt works, Encrypt fails with internal', async () => {
    const { folder, manager, disk, reopen } = await makeCountedKey();
    const ref = await currentRef(manager, 'k');
    const sealed = await manager.node.encrypt(ref, canaries.plaintext, aad, longDeadline());
    await rm(folder.counterPath('k'));
    disk.isBroken = () => true;
    const again = await reopen();
    expect(await encryptOnce(again)).toBe('internal');
    const opened = await again.node.decrypt(ref, sealed, aad, longDeadline());
    expect(opened).toEqual(canaries.plaintext);
    expect(await again.node.checkHealth(longDeadline())).toMatchObject({ status: 'DEGRADED' });
  });
});
