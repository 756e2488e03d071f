import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { masterKeyFrom } from '../../../../src/sealing/master-key.js';
import { systemClock } from '../../../../src/shared/clock.js';
import { Secret } from '../../../../src/shared/secret.js';
import type { CopyTerms } from '../../../../src/state/copy/copy-ports.js';
import { StateError } from '../../../../src/state/errors.js';
import type { StateStore } from '../../../../src/state/store.js';
import { canaries } from '../../../support/canaries.js';
import { LeapingClock } from '../../../support/leaping-clock.js';
import { MemoryState, MemoryStateStore } from '../../../support/memory-state-store.js';
import { TERMS } from '../../../support/state-replica.js';
import { storeAway } from '../../../support/store-away.js';
import { goBack, hasCode, notes, copyOf, soon } from './replica.js';

describe('a store that cannot be asked', () => {
  it('→ alone: reads go on, changes are refused; when it is back, in step again', async () => {
    const { copy, store, log } = await copyOf(new MemoryState());
    const opened = copy.collection(notes);
    const { revision } = await opened.put('x', { text: 'one' }, 0);
    const comeBack = storeAway(store);
    await expect.poll(() => copy.standing.kind).toBe('alone');
    expect(opened.get('x')).toMatchObject({ value: { text: 'one' } });
    await expect(opened.put('x', { text: 'two' }, revision)).rejects.toEqual(
      hasCode('unavailable'),
    );
    expect(copy).toMatchObject({ isServing: true, isInStep: false });
    comeBack();
    await expect.poll(() => copy.standing.kind).toBe('in-step');
    expect(log.lines().filter(({ level }) => level === 'error')).toHaveLength(1);
  });

  it('for longer than the operator allows → stale, and not serving', async () => {
    let offset = 0;
    const clock = {
      now: () => systemClock.now(),
      monotonic: () => systemClock.monotonic() + offset,
    };
    const { copy, store } = await copyOf(new MemoryState(), { clock });
    storeAway(store);
    await expect.poll(() => copy.standing.kind).toBe('alone');
    offset = TERMS.maxStalenessMs;
    expect(copy).toMatchObject({ isServing: false, standing: { kind: 'stale' } });
  });

  it('where the operator chose to refuse → stale when the lease has ended', async () => {
    let offset = 0;
    const clock = {
      now: () => systemClock.now(),
      monotonic: () => systemClock.monotonic() + offset,
    };
    const terms: CopyTerms = { ...TERMS, whenAlone: 'refuse' };
    const { copy, store } = await copyOf(new MemoryState(), { clock, terms });
    storeAway(store);
    await expect.poll(() => copy.standing.kind).toBe('alone');
    offset = 10_001;
    expect(copy.isServing).toBe(false);
  });
});

describe('a start without the store', () => {
  const lastCopyKey = masterKeyFrom(
    { key: new Secret(canaries.masterKey.toString('base64')) },
    randomBytes,
  );
  const terms: CopyTerms = { ...TERMS, lastCopyKey };
  const away = () => Promise.reject(new StateError('unavailable', 'no server answers'));

  async function leftBehind(): Promise<{ state: MemoryState; directory: string }> {
    const state = new MemoryState();
    const { copy, directory } = await copyOf(state, { terms });
    await copy.collection(notes).put('x', { text: canaries.plaintext.toString('hex') }, 0);
    await copy.close();
    return { state, directory };
  }

  it('not allowed → fails, and no copy is on disk', async () => {
    const state = new MemoryState();
    const { copy, directory } = await copyOf(state);
    await copy.close();
    expect(existsSync(join(directory, 'state-copy.sealed'))).toBe(false);
    await expect(copyOf(state, { directory, open: away })).rejects.toEqual(hasCode('unavailable'));
  });

  it('allowed → from the sealed copy, without blocks, and in step when the store comes', async () => {
    const { state, directory } = await leftBehind();
    const text = readFileSync(join(directory, 'state-copy.sealed'), 'utf8');
    expect(text).not.toContain(canaries.plaintext.toString('hex'));
    let open: () => Promise<StateStore> = away;
    const { copy } = await copyOf(state, { directory, terms, open: () => open() });
    expect(copy.standing.kind).toBe('from-copy');
    const opened = copy.collection(notes);
    expect(opened.get('x')).toMatchObject({ kind: 'value' });
    await expect(copy.counters.draw({ counter: 'c', size: 1, limit: 1 })).rejects.toEqual(
      hasCode('unavailable'),
    );
    open = () => Promise.resolve(new MemoryStateStore(state));
    await expect.poll(() => copy.standing.kind).toBe('in-step');
  });

  it('from a copy that was saved later than the clock says → stale: nobody knows how old it is', async () => {
    const { state, directory } = await leftBehind();
    const now = () => systemClock.now() - 3_600_000;
    const clock = { now, monotonic: () => systemClock.monotonic() };
    let open: () => Promise<StateStore> = away;
    const { copy } = await copyOf(state, { directory, terms, clock, open: () => open() });
    expect(copy).toMatchObject({ isServing: false, isFromCopy: true });
    expect(copy.standing.problems.join()).toContain('saved later than this clock says');
    open = () => Promise.resolve(new MemoryStateStore(state));
    await expect.poll(() => copy.standing.kind).toBe('in-step');
    expect(copy).toMatchObject({ isServing: true, isFromCopy: false });
  });

  it('nothing has changed for long → the copy says when it was still the newest state', async () => {
    const state = new MemoryState();
    const clock = new LeapingClock();
    const { copy, directory } = await copyOf(state, { terms, clock });
    await copy.collection(notes).put('x', { text: 'one' }, 0);
    const path = join(directory, 'state-copy.sealed');
    const savedAt = () => /"savedAt":"([^"]+)"/.exec(readFileSync(path, 'utf8'))?.[1] ?? '';
    await copy.rewriteLastCopy();
    const first = Date.parse(savedAt());
    clock.leap(3_600_000);
    await expect.poll(() => Date.parse(savedAt()) - first).toBeGreaterThanOrEqual(3_600_000);
  });

  it('from a copy older than what was followed, and the store has lost that → gone-back', async () => {
    const state = new MemoryState();
    const { copy, directory } = await copyOf(state, { terms });
    const opened = copy.collection(notes);
    const path = join(directory, 'state-copy.sealed');
    await opened.put('x', { text: 'one' }, 0);
    await copy.rewriteLastCopy();
    const older = readFileSync(path);
    await opened.put('y', { text: 'acknowledged' }, 0);
    await copy.close();
    // As after a crash: the place is noted at once, and the copy some seconds later.
    writeFileSync(path, older, { mode: 0o600 });
    goBack(state, 1);
    let open: () => Promise<StateStore> = away;
    const { copy: again } = await copyOf(state, { directory, terms, open: () => open() });
    expect(again.standing.kind).toBe('from-copy');
    open = () => Promise.resolve(new MemoryStateStore(state));
    await expect.poll(() => again.standing.kind).toBe('gone-back');
    await expect.poll(() => state.losses).toEqual([2]);
  });

  it('a copy of another store than the one that was followed → the start is refused', async () => {
    const { directory: other } = await leftBehind();
    const { state, directory } = await leftBehind();
    const foreign = readFileSync(join(other, 'state-copy.sealed'));
    writeFileSync(join(directory, 'state-copy.sealed'), foreign, { mode: 0o600 });
    await expect(copyOf(state, { directory, terms, open: away })).rejects.toEqual(
      hasCode('damaged'),
    );
  });

  it.each([
    ['damaged', 'cut', (text: string) => text.slice(0, -40)],
    ['damaged', 'changed', (text: string) => text.replace(/"revision":\d+/, '"revision":900')],
    ['damaged', 'postdated', (text: string) => text.replace(/"savedAt":"20/, '"savedAt":"21')],
    ['damaged', 'without documents', (text: string) => `${text.split('\n')[0] ?? ''}\n`],
    ['damaged', 'no copy', () => 'nothing\n'],
    [
      'newer-version',
      'of a newer version',
      (text: string) => text.replace('"format":1', '"format":2'),
    ],
  ] as const)('→ the start is refused with %s for a copy that is %s', async (code, _, change) => {
    const { state, directory } = await leftBehind();
    const path = join(directory, 'state-copy.sealed');
    writeFileSync(path, change(readFileSync(path, 'utf8')), { mode: 0o600 });
    await expect(copyOf(state, { directory, terms, open: away })).rejects.toEqual(hasCode(code));
  });
});

describe('a revision is settled', () => {
  it('when every live replica has applied it', async () => {
    const state = new MemoryState();
    const { copy: a } = await copyOf(state);
    const { copy: b, store } = await copyOf(state);
    await expect.poll(() => a.standing.leases.length).toBe(2);
    const comeBack = storeAway(store);
    const { revision } = await a.collection(notes).put('x', { text: 'one' }, 0);
    await a.refresh(soon());
    expect(a.isSettled(revision)).toBe(false);
    comeBack();
    await b.refresh(soon());
    await expect.poll(() => a.isSettled(revision)).toBe(true);
  });

  it('when the leases of those that have not applied it have ended', async () => {
    const state = new MemoryState();
    const { copy: a } = await copyOf(state);
    const { store } = await copyOf(state);
    await expect.poll(() => a.standing.leases.length).toBe(2);
    storeAway(store);
    let told = 0;
    a.onStanding(() => (told += 1));
    const { revision } = await a.collection(notes).put('x', { text: 'one' }, 0);
    expect(a.isSettled(revision)).toBe(false);
    state.now += 10_000;
    await expect.poll(() => a.isSettled(revision)).toBe(true);
    await expect.poll(() => told).toBeGreaterThan(0);
  });
});
