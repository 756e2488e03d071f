import { randomBytes } from 'node:crypto';
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scheduleDeletion } from '../../../../src/external-keys/lifecycle/schedule-deletion.js';
import { retireVersion } from '../../../../src/external-keys/lifecycle/retire-version.js';
import type { HoldfastEvent } from '../../../../src/notifications/events.js';
import { DAY_MS } from '../../../support/scheduled-replica.js';
import {
  away,
  destroyed,
  NOBODY,
  parts,
  restore,
  restored,
  tell,
} from '../../../support/told-destructions.js';

describe('ToldTombstones', () => {
  it('the store has forgotten a destroyed key that is there again → refused, erased, told', async () => {
    const { folders, keys, lifecycle, events, elapse } = await parts();
    await scheduleDeletion(lifecycle, 'key', 7, 'ann');
    await elapse(7.1 * DAY_MS);
    await tell(folders.audit, destroyed(events));
    // The names of material are the same again.
    keys.makeElsewhere('key');
    const next = await restored(keys);
    expect(next.records.keyOf('key').state).toBe('Enabled');
    await restore(folders, next);
    expect(next.records.keyOf('key').state).toBe('Destroyed');
    expect(next.events).toMatchObject([{ event: 'destroyed-key-appeared' }]);
    await next.lifecycle.finishAbandoned(NOBODY);
    expect(await keys.administration.listKeys()).toEqual([]);
    expect(next.records.keyRecordOf('key')?.value).toMatchObject({
      state: 'Destroyed',
      destruction: {
        told: { replica: 'replica-1', destroyedAt: expect.any(String) as string },
        done: { by: 'audit-log' },
      },
    });
    const { told, done, waited } = next.records.keyRecordOf('key')?.value.destruction ?? {};
    expect(waited).toBeUndefined();
    expect(done?.at).toBe(told?.destroyedAt);
    // Only the first destruction has a certificate, of its own date.
    expect(next.events.at(-1)).toMatchObject({ event: 'key-destroyed', certificate: undefined });
    const before = next.events.length;
    await restore(folders, next);
    expect(next.events).toHaveLength(before);
  });

  it('other material has its id → Destroyed, and the material is left alone', async () => {
    const { folders, keys, events, lifecycle, elapse } = await parts();
    await scheduleDeletion(lifecycle, 'key', 7, 'ann');
    await elapse(7.1 * DAY_MS);
    const materialNames = [randomBytes(8).toString('hex')];
    const told = destroyed(events).map((each) => ({ ...each, materialNames }) as HoldfastEvent);
    await tell(folders.audit, told);
    keys.makeElsewhere('key');
    const next = await restored(keys);
    await restore(folders, next);
    await next.lifecycle.finishAbandoned(NOBODY);
    expect(next.records.keyOf('key').state).toBe('Destroyed');
    expect(await keys.administration.listKeys()).toHaveLength(1);
  });

  it('a version that was destroyed is there again → refused, and erased by itself', async () => {
    const { folders, keys, events, lifecycle, elapse } = await parts();
    const use = { completeSinceMs: 0, gaps: [], lastUsedMs: undefined };
    const wanted = { version: 1, unusedDays: 90, days: 7, use, namesMaterial: true };
    await retireVersion(lifecycle, 'key', wanted, 'ann');
    await elapse(7.1 * DAY_MS);
    await tell(folders.audit, destroyed(events));
    keys.makeElsewhere('key');
    const next = await restored(keys);
    await restore(folders, next);
    expect(next.records.keyOf('key').retired?.get(1)).toBeDefined();
    await next.lifecycle.finishAbandoned(NOBODY);
    expect(next.records.keyOf('key')).toMatchObject({ state: 'Enabled' });
    expect(next.records.keyOf('key').retired?.get(1)).toMatchObject({ isDestroyed: true });
    const [summary] = await keys.administration.listKeys();
    expect([...(summary?.description.versions.keys() ?? [])]).toEqual([]);
  });

  it('the key manager does not answer → refused, told, and erased once it answers', async () => {
    const { folders, keys, events, lifecycle, elapse } = await parts();
    await scheduleDeletion(lifecycle, 'key', 7, 'ann');
    await elapse(7.1 * DAY_MS);
    await tell(folders.audit, destroyed(events));
    keys.makeElsewhere('key');
    const isBack = away(keys);
    const next = await restored(keys);
    const tombstones = await restore(folders, next);
    await tombstones.round();
    expect(next.records.keyOf('key').state).toBe('Destroyed');
    expect(next.lines().filter(({ level }) => level === 'error')).toMatchObject([
      { msg: expect.stringContaining('tombstone cannot be written now') as string },
    ]);
    expect(tombstones.waiting).toEqual([expect.stringMatching(/^the key key .*: no answer$/u)]);
    isBack();
    await tombstones.round();
    expect(tombstones.waiting).toEqual([]);
    await next.lifecycle.finishAbandoned(NOBODY);
    expect(await keys.administration.listKeys()).toEqual([]);
  });

  it('it does not answer, and a version was destroyed → that one is refused meanwhile', async () => {
    const { folders, keys, events, lifecycle, elapse } = await parts();
    const use = { completeSinceMs: 0, gaps: [], lastUsedMs: undefined };
    const wanted = { version: 1, unusedDays: 90, days: 7, use, namesMaterial: true };
    await retireVersion(lifecycle, 'key', wanted, 'ann');
    await elapse(7.1 * DAY_MS);
    await tell(folders.audit, destroyed(events));
    const isBack = away(keys);
    const next = await restored(keys);
    const tombstones = await restore(folders, next);
    expect(next.records.keyOf('key').retired?.get(1)).toMatchObject({ isDestroyed: true });
    expect(next.records.keyOf('key').retired?.get(2)).toBeUndefined();
    isBack();
    await tombstones.round();
    // Nothing of it is at the key manager: the records need not know of it.
    expect(next.records.keyOf('key').retired).toBeUndefined();
  });

  it('a segment is damaged → the log says so, and what was read before counts', async () => {
    const { folders, keys, events, lifecycle, elapse } = await parts();
    await scheduleDeletion(lifecycle, 'key', 7, 'ann');
    await elapse(7.1 * DAY_MS);
    await tell(folders.audit, destroyed(events));
    const first = await restored(keys);
    await restore(folders, first);
    const [segment = ''] = readdirSync(folders.audit).filter((name) => name.endsWith('.jsonl'));
    writeFileSync(join(folders.audit, segment), Buffer.alloc(64));
    const next = await restored(keys);
    await restore(folders, next);
    expect(next.lines().filter(({ level }) => level === 'error')).toMatchObject([
      { problem: expect.stringContaining(segment) as string },
    ]);
    expect(next.records.keyOf('key').state).toBe('Destroyed');
  });

  it('what was read is remembered, a damaged memory → the whole log is read again', async () => {
    const { folders, keys, events, lifecycle, elapse } = await parts();
    await scheduleDeletion(lifecycle, 'key', 7, 'ann');
    await elapse(7.1 * DAY_MS);
    await tell(folders.audit, destroyed(events));
    const first = await restored(keys);
    await restore(folders, first);
    const memory = join(folders.stateDirectory, 'replica', 'told-destructions.json');
    expect(JSON.parse(readFileSync(memory, 'utf8'))).toMatchObject({
      destructions: [{ externalKeyId: 'key', extent: 'key' }],
    });
    appendFileSync(memory, 'damaged');
    const next = await restored(keys);
    await restore(folders, next);
    expect(next.records.keyOf('key').state).toBe('Destroyed');
  });
});
