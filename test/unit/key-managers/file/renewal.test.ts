import { rm } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { canaries } from '../../../support/canaries.js';
import { smallLimits } from '../../../support/counted-key.js';
import {
  currentRef,
  encryptTimes,
  longDeadline,
  makeKeyFolder,
  refusalOf,
} from '../../../support/key-folder.js';

const BOTH = new Set(['ENCRYPT', 'DECRYPT'] as const);
const AAD = Buffer.alloc(0);

/** A folder with the key `k`, small limits, and a record that says whether it may be renewed. */
async function recordedKey() {
  const record = { mayRenew: true, asked: new Set<string>() };
  const mayRenew = (externalKeyId: string) => {
    record.asked.add(externalKeyId);
    return record.mayRenew;
  };
  const folder = await makeKeyFolder({ ports: { mayRenew } });
  const start = { init: true, limits: smallLimits };
  const manager = await folder.open(start);
  await manager.administration.createKey('k', BOTH);
  const ref = await currentRef(manager, 'k');
  const reopen = async () => {
    await manager.node.close();
    return folder.open(start);
  };
  return { record, folder, manager, ref, reopen };
}

describe('a key that may not be given a version that nobody asked for', () => {
  it('at the limit of its encryptions → exhausted, and decrypts; allowed again → goes on', async () => {
    const { record, folder, manager, ref } = await recordedKey();
    const { node, administration } = manager;
    const sealed = await node.encrypt(ref, canaries.plaintext, AAD, longDeadline());
    record.mayRenew = false;
    await encryptTimes(manager, 'k', smallLimits.perVersion - 1);
    const encrypting = () => node.encrypt(ref, canaries.plaintext, AAD, longDeadline());
    expect(await refusalOf(encrypting)).toBe('exhausted');
    expect(await refusalOf(encrypting)).toBe('exhausted');
    expect(record.asked).toEqual(new Set(['k']));
    expect(await node.decrypt(ref, sealed, AAD, longDeadline())).toEqual(canaries.plaintext);
    expect((await administration.listKeys())[0]).toMatchObject({
      encryptionsLeft: 0,
      problem: expect.stringContaining('encrypts no more'),
    });
    expect(await node.checkHealth(longDeadline())).toEqual({ status: 'ACTIVE' });
    expect(folder.logged.filter(({ level }) => level === 'error')).toEqual([]);
    await administration.rotateKey('k', 1);
    await encryptTimes(manager, 'k', 1);
    expect((await currentRef(manager, 'k')).version.version).toBe(2);
  });

  it('its count unknown at a start → no new version; allowed at the next → one', async () => {
    const { record, folder, reopen } = await recordedKey();
    record.mayRenew = false;
    await rm(folder.counterPath('k'));
    const again = await reopen();
    const ref = await currentRef(again, 'k');
    expect(ref.version.version).toBe(1);
    const encrypting = () => again.node.encrypt(ref, canaries.plaintext, AAD, longDeadline());
    expect(await refusalOf(encrypting)).toBe('exhausted');
    record.mayRenew = true;
    await again.node.close();
    const third = await folder.open({ limits: smallLimits });
    expect((await currentRef(third, 'k')).version.version).toBe(2);
  });
});

describe('a rotation on demand', () => {
  it('asked for twice at once from the same version → one new version', async () => {
    const { manager } = await recordedKey();
    const { administration } = manager;
    const [one, other] = await Promise.all([
      administration.rotateKey('k', 1),
      administration.rotateKey('k', 1),
    ]);
    expect([one, other].map(({ description }) => description.current?.version)).toEqual([2, 2]);
    expect((await currentRef(manager, 'k')).version.version).toBe(2);
  });

  it('of a key that may not be renewed unasked → done', async () => {
    const { record, manager } = await recordedKey();
    record.mayRenew = false;
    await manager.administration.rotateKey('k', 1);
    expect((await currentRef(manager, 'k')).version.version).toBe(2);
  });

  it('the counts of the versions before → kept, also over a start', async () => {
    const { manager, reopen } = await recordedKey();
    await encryptTimes(manager, 'k', 5);
    await manager.administration.rotateKey('k', 1);
    await manager.administration.rotateKey('k', 2);
    const again = await reopen();
    const [summary] = await again.administration.listKeys();
    expect(summary?.versions?.map(({ encryptions }) => encryptions)).toEqual([8, 4, 4]);
  });
});
