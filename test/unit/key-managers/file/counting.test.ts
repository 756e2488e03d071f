import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { systemClock } from '../../../../src/shared/clock.js';
import { Deadline } from '../../../../src/shared/deadline.js';
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
  type KeyFolderFixture,
  longDeadline,
  readJson,
  refusalOf,
} from '../../../support/key-folder.js';

const aad = Buffer.alloc(0);
const counterSchema = z.object({ version: z.number(), reserved: z.number() });

async function counterOnDisk(folder: KeyFolderFixture) {
  return counterSchema.parse(await readJson(folder.counterPath('k')));
}

describe('reserving ahead', () => {
  it('every encryption → within what is on disk at that moment', async () => {
    const { folder, manager } = await makeCountedKey();
    const made = new Map<number, number>();
    for (let tries = 0; tries < 60; tries += 1) {
      const version = await versionOf(manager);
      // Refused where a version ran out before the next one was written: blocks are small here.
      if ((await encryptOnce(manager)) !== undefined) continue;
      made.set(version, (made.get(version) ?? 0) + 1);
      const onDisk = await counterOnDisk(folder);
      if (onDisk.version !== version) continue;
      expect(onDisk.reserved).toBeGreaterThanOrEqual(made.get(version) ?? 0);
    }
    expect(made.size).toBeGreaterThan(2);
    expect(Math.max(...made.values())).toBeLessThanOrEqual(smallLimits.perVersion);
  });

  it('half of a block used → the next one is reserved, once', async () => {
    const { folder, manager, disk } = await makeCountedKey();
    disk.writes = 0;
    await encryptTimes(manager, 'k', 1);
    await manager.node.describeKey('k', longDeadline());
    expect(disk.writes).toBe(0);
    await encryptTimes(manager, 'k', 1);
    await expect.poll(() => counterOnDisk(folder)).toMatchObject({ reserved: 8 });
    expect(disk.writes).toBe(1);
  });

  it('the block used up before the next is on disk → waits for it', async () => {
    const { manager, disk } = await makeCountedKey();
    const release = disk.hold();
    await useUpTheBlock(manager);
    let isAnswered = false;
    const waiting = encryptOnce(manager).then((code) => {
      isAnswered = true;
      return code;
    });
    await new Promise(setImmediate);
    expect(isAnswered).toBe(false);
    release();
    expect(await waiting).toBeUndefined();
  });

  it('a disk that does not answer → deadline, and the next request succeeds when it does', async () => {
    const { manager, disk } = await makeCountedKey();
    const release = disk.hold();
    await useUpTheBlock(manager);
    const ref = await currentRef(manager, 'k');
    const hurried = Deadline.after(systemClock, 5);
    const work = () => manager.node.encrypt(ref, canaries.plaintext, aad, hurried);
    expect(await refusalOf(work)).toBe('deadline');
    release();
    expect(await encryptOnce(manager)).toBeUndefined();
  });

  it('a restart → all that was reserved counts as used', async () => {
    const { folder, manager, reopen } = await makeCountedKey();
    await encryptTimes(manager, 'k', 1);
    const again = await reopen();
    const [k] = await again.administration.listKeys();
    expect(k?.encryptionsLeft).toBe(smallLimits.perVersion - smallLimits.blockSize);
    await encryptTimes(again, 'k', 1);
    expect((await counterOnDisk(folder)).reserved).toBeGreaterThanOrEqual(
      smallLimits.blockSize + 1,
    );
  });

  it('a hundred encryptions at once → every one counted, none refused for longer than a version lasts', async () => {
    const { folder, manager } = await makeCountedKey();
    const ref = await currentRef(manager, 'k');
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, () =>
        refusalOf(() => manager.node.encrypt(ref, canaries.plaintext, aad, longDeadline())),
      ),
    );
    const made = outcomes.filter((code) => code === undefined).length;
    expect(made).toBe(smallLimits.perVersion);
    expect(outcomes.filter((code) => code === 'conflict')).toHaveLength(100 - made);
    expect((await counterOnDisk(folder)).version).toBe(2);
    expect(await encryptOnce(manager)).toBeUndefined();
  });
});

describe('a reservation that cannot be written', () => {
  it('the block used up → Encrypt fails with internal, Decrypt goes on', async () => {
    const { manager, disk } = await makeCountedKey();
    const ref = await currentRef(manager, 'k');
    const sealed = await manager.node.encrypt(ref, canaries.plaintext, aad, longDeadline());
    disk.isBroken = () => true;
    for (let made = 1; made < smallLimits.blockSize; made += 1)
      expect(await encryptOnce(manager)).toBeUndefined();
    expect(await encryptOnce(manager)).toBe('internal');
    const opened = await manager.node.decrypt(ref, sealed, aad, longDeadline());
    expect(opened).toEqual(canaries.plaintext);
  });

  it('refused a hundred times within a second → one attempt to write, one line in the log', async () => {
    const { clock, folder, manager, disk } = await makeCountedKey();
    disk.isBroken = () => true;
    await useUpTheBlock(manager);
    disk.writes = 0;
    clock.at = 999;
    for (let tries = 0; tries < 100; tries += 1)
      expect(await encryptOnce(manager)).toBe('internal');
    expect(disk.writes).toBe(0);
    clock.at = 1000;
    expect(await encryptOnce(manager)).toBe('internal');
    expect(disk.writes).toBe(1);
    expect(folder.logged.filter(({ level }) => level === 'error')).toHaveLength(1);
  });

  it('the disk repaired → counted again after a second, and healthy', async () => {
    const { clock, manager, disk } = await makeCountedKey();
    disk.isBroken = (path) => path.includes('key-k.');
    await useUpTheBlock(manager);
    expect(await encryptOnce(manager)).toBe('internal');
    expect(await manager.node.checkHealth(longDeadline())).toMatchObject({
      status: 'DEGRADED',
      detail: expect.stringContaining('k'),
    });
    disk.isBroken = () => false;
    clock.at += 1000;
    expect(await encryptOnce(manager)).toBeUndefined();
    expect(await manager.node.checkHealth(longDeadline())).toEqual({ status: 'ACTIVE' });
  });

  it("the test key's own → DEGRADED, because Decrypt goes on", async () => {
    const { manager, disk } = await makeCountedKey();
    disk.isBroken = () => true;
    for (let checks = 0; checks < 6; checks += 1) await manager.node.checkHealth(longDeadline());
    expect(await manager.node.checkHealth(longDeadline())).toMatchObject({ status: 'DEGRADED' });
  });
});
