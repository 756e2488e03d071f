import { describe, expect, it } from 'vitest';
import { createKey } from '../../../src/external-keys/lifecycle/create-key.js';
import { deleteImportedMaterial } from '../../../src/external-keys/lifecycle/delete-material.js';
import { destroyVersion } from '../../../src/external-keys/lifecycle/destroy-version.js';
import {
  cancelRetirement,
  type RetiredVersion,
  retireVersion,
} from '../../../src/external-keys/lifecycle/retire-version.js';
import { Lifecycle } from '../../../src/external-keys/lifecycle/lifecycle.js';
import { rotateKey } from '../../../src/external-keys/lifecycle/rotate-key.js';
import { Ceremony, FIRST, SECOND } from '../../support/import-ceremony.js';
import { ALL_CAPABILITIES, BEGIN } from '../../support/lifecycle.js';
import type { ToldUses } from '../../../src/external-keys/schedules/destroy-due.js';
import type { VersionUse } from '../../../src/external-keys/use/use-documents.js';
import { LivingKeys } from '../../support/living-keys.js';
import { MemoryState } from '../../support/memory-state-store.js';
import { DAY_MS, ManualClock, scheduledReplica } from '../../support/scheduled-replica.js';

const LONG_KNOWN = { completeSinceMs: 0, gaps: [], lastUsedMs: undefined };
const WANTED: RetiredVersion = {
  ...{ version: 1, unusedDays: 90, days: 7, use: LONG_KNOWN, namesMaterial: true },
};

const OLDEST_FIRST = { can: true, oldestFirst: true } as const;

async function parts(uses?: ToldUses) {
  const clock = new ManualClock();
  const keys = new LivingKeys();
  const replica = await scheduledReplica(new MemoryState(), keys, clock, uses && { uses });
  const usage = new Set(['ENCRYPT', 'DECRYPT'] as const);
  const wanted = { externalKeyId: 'key', usage, origin: 'generated' } as const;
  await createKey(replica.lifecycle, wanted, 'ann');
  await rotateKey(replica.lifecycle, 'key', 'ann');
  return { keys, clock, ...replica };
}

async function versionsIn(keys: LivingKeys): Promise<number[]> {
  const [summary] = await keys.administration.listKeys();
  return [...(summary?.description.versions.keys() ?? [])];
}

describe('retireVersion', () => {
  it('unused for long → refused at once, destroyed after its waiting period, remembered', async () => {
    const { lifecycle, records, keys, events, elapse } = await parts();
    await retireVersion(lifecycle, 'key', WANTED, 'ann');
    expect(records.keyOf('key').retired?.get(1)).toMatchObject({ isDestroyed: false });
    await elapse(6.9 * DAY_MS);
    expect(await versionsIn(keys)).toEqual([1, 2]);
    await elapse(0.2 * DAY_MS);
    expect(await versionsIn(keys)).toEqual([2]);
    expect(records.keyOf('key')).toMatchObject({ state: 'Enabled' });
    expect(records.keyOf('key').retired?.get(1)).toMatchObject({ isDestroyed: true });
    expect(events.at(-1)).toMatchObject({ event: 'key-destroyed', by: 'ann' });
  });

  it.each([
    ['encrypting', (minute: number): VersionUse => ({ encrypted: [minute, minute] })],
    ['decrypting', (minute: number): VersionUse => ({ decrypted: [1, minute] })],
  ])(
    'a use by %s is told only afterwards → not destroyed, until it is retired anew',
    async (_, useAt) => {
      const told = new Map<number, VersionUse>();
      const { lifecycle, records, keys, clock, elapse } = await parts({ of: () => told });
      await retireVersion(lifecycle, 'key', WANTED, 'ann');
      const dayMinutes = (days: number) => Math.floor((clock.now() - days * DAY_MS) / 60_000);
      told.set(1, useAt(dayMinutes(89)));
      told.set(2, useAt(dayMinutes(0)));
      await elapse(8 * DAY_MS);
      expect(await versionsIn(keys)).toEqual([1, 2]);
      expect(records.keyOf('key').retired?.get(1)).toMatchObject({ isDestroyed: false });
      await cancelRetirement(lifecycle, 'key', 1);
      clock.pass(2 * DAY_MS);
      await retireVersion(lifecycle, 'key', WANTED, 'ann');
      await elapse(8 * DAY_MS);
      expect(await versionsIn(keys)).toEqual([2]);
    },
  );

  it('cancelled → used again, and never destroyed', async () => {
    const { lifecycle, records, keys, elapse } = await parts();
    await retireVersion(lifecycle, 'key', WANTED, 'ann');
    await cancelRetirement(lifecycle, 'key', 1);
    expect(records.keyOf('key').retired).toBeUndefined();
    await elapse(8 * DAY_MS);
    expect(await versionsIn(keys)).toEqual([1, 2]);
  });

  it.each<[string, Partial<RetiredVersion>, string]>([
    ['the version that encrypts', { version: 2 }, 'invalid-state'],
    ['a version that is not there', { version: 3 }, 'not-found'],
    ['89 days', { unusedDays: 89 }, 'invalid'],
    ['a waiting period of 6 days', { days: 6 }, 'invalid'],
    ['version 1 where ciphertexts name none', { namesMaterial: false }, 'unsupported'],
    [
      'one that was used 89 days ago',
      { use: { ...LONG_KNOWN, lastUsedMs: BEGIN - 89 * DAY_MS } },
      'invalid-state',
    ],
    [
      'one whose use is known for 89 days alone',
      { use: { ...LONG_KNOWN, completeSinceMs: BEGIN - 89 * DAY_MS } },
      'invalid-state',
    ],
    [
      'one whose use a replica does not tell',
      { use: { ...LONG_KNOWN, completeSinceMs: undefined, gaps: ['it does not tell'] } },
      'invalid-state',
    ],
  ])('%s → refused', async (_, wanted, code) => {
    const { lifecycle, records } = await parts();
    await expect(
      retireVersion(lifecycle, 'key', { ...WANTED, ...wanted }, 'ann'),
    ).rejects.toMatchObject({ name: 'LifecycleError', code });
    expect(records.keyOf('key').retired).toBeUndefined();
  });

  it.each(['before', 'after'] as const)(
    'the call is lost %s it is done → finished',
    async (lost) => {
      const { lifecycle, records, keys, elapse, round } = await parts();
      await retireVersion(lifecycle, 'key', WANTED, 'ann');
      keys.losing = (act) => (act === 'destroy-version' ? lost : undefined);
      await elapse(7.1 * DAY_MS);
      expect(records.keyRecordOf('key')?.value.intent?.act).toBe('destroy-version');
      keys.losing = () => undefined;
      await round();
      expect(records.keyRecordOf('key')?.value.intent).toBeUndefined();
      expect(await versionsIn(keys)).toEqual([2]);
    },
  );
});

describe('a key manager that destroys the oldest version alone', () => {
  async function threeVersions() {
    const made = await parts();
    made.keys.oldestFirst = true;
    await rotateKey(made.lifecycle, 'key', 'ann');
    return made;
  }

  it('a later one is due first → it waits, the key goes on, and both go when the older one is due', async () => {
    const { lifecycle, records, keys, elapse } = await threeVersions();
    await retireVersion(lifecycle, 'key', { ...WANTED, version: 2 }, 'ann');
    await retireVersion(lifecycle, 'key', { ...WANTED, days: 30 }, 'ann');
    await elapse(8 * DAY_MS);
    expect(await versionsIn(keys)).toEqual([1, 2, 3]);
    expect(records.keyRecordOf('key')?.value.intent).toBeUndefined();
    expect(records.keyOf('key').retired?.get(2)).toMatchObject({ isDestroyed: false });
    await rotateKey(lifecycle, 'key', 'ann');
    await elapse(23 * DAY_MS);
    await elapse(DAY_MS);
    expect(await versionsIn(keys)).toEqual([3, 4]);
  });

  it('a version of which an older one stays → refused at once, in words', async () => {
    const { lifecycle, records, keys } = await threeVersions();
    const capabilities = { ...ALL_CAPABILITIES, 'destroy-version': OLDEST_FIRST };
    const acts = new Lifecycle({ ...lifecycle.ports, capabilities });
    const retire = (version: number) => retireVersion(acts, 'key', { ...WANTED, version }, 'ann');
    await expect(retire(2)).rejects.toThrow(/retire version 1 of key before version 2/);
    expect(records.keyOf('key').retired).toBeUndefined();
    await retire(1);
    await retire(2);
    expect([...(records.keyOf('key').retired?.keys() ?? [])]).toEqual([1, 2]);
    expect(await versionsIn(keys)).toEqual([1, 2, 3]);
  });
});

describe('a version of imported material', () => {
  const DUE: RetiredVersion = { ...WANTED, use: { ...LONG_KNOWN, completeSinceMs: 0 } };

  /** Version 1 expires in a week, and version 2 encrypts. */
  async function twoVersions(): Promise<Ceremony> {
    const ceremony = await Ceremony.begin();
    await ceremony.bring(FIRST, { expiresAt: new Date(BEGIN + 7 * DAY_MS) });
    await ceremony.bring(SECOND, { newVersion: true });
    await rotateKey(ceremony.replica.lifecycle, 'key', 'ann');
    return ceremony;
  }

  async function destroyed(): Promise<Ceremony> {
    const ceremony = await twoVersions();
    const { lifecycle } = ceremony.replica;
    const retired = await retireVersion(lifecycle, 'key', DUE, 'ann');
    ceremony.nowMs += 8 * DAY_MS;
    await destroyVersion(lifecycle, retired, 1, 'schedule');
    return ceremony;
  }

  it.each([true, false])(
    'encrypts while further material waits, and the key manager can wait: %s → refused',
    async (canWait) => {
      const ceremony = await Ceremony.begin();
      ceremony.keys.canWait = canWait;
      await ceremony.bring(FIRST);
      await ceremony.bring(SECOND, { newVersion: true });
      await expect(
        retireVersion(ceremony.replica.lifecycle, 'key', DUE, 'ann'),
      ).rejects.toMatchObject({ name: 'LifecycleError', code: 'invalid-state' });
    },
  );

  it('retired, and its material expires → the key goes on; cancelled → PendingImport', async () => {
    const ceremony = await twoVersions();
    await retireVersion(ceremony.replica.lifecycle, 'key', DUE, 'ann');
    ceremony.nowMs += 8 * DAY_MS;
    expect(ceremony.state).toBe('Enabled');
    await cancelRetirement(ceremony.replica.lifecycle, 'key', 1);
    expect(ceremony.state).toBe('PendingImport');
  });

  it('destroyed for good → never imported again, under whatever terms', async () => {
    const ceremony = await destroyed();
    expect(ceremony.state).toBe('Enabled');
    expect(ceremony.record?.imports).toMatchObject([{ version: 2 }]);
    for (const terms of [{ version: 1 }, {}]) {
      await expect(ceremony.bring(FIRST, terms)).rejects.toMatchObject({ name: 'LifecycleError' });
    }
    expect(await ceremony.materialOf(1)).toBeUndefined();
  });

  it('destroyed for good, and then all the rest is deleted → the rest alone is missing', async () => {
    const ceremony = await destroyed();
    await deleteImportedMaterial(ceremony.replica.lifecycle, 'key', 'ann');
    expect(ceremony.state).toBe('PendingImport');
    await ceremony.bring(SECOND);
    expect(ceremony.state).toBe('Enabled');
  });
});
