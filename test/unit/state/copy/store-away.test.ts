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
import { MemoryState, MemoryStateStore } from '../../../support/memory-state-store.js';

import { fail, hasCode, notes, replicaOn, soon, TERMS } from './replica.js';

describe('a store that cannot be asked', () => {
  it('→ alone: reads go on, changes are refused; when it is back, in step again', async () => {
    const { copy, store, log } = await replicaOn(new MemoryState());
    const opened = copy.collection(notes);
    const { revision } = await opened.put('x', { text: 'one' }, 0);
    const comeBack = fail(store);
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
    const { copy, store } = await replicaOn(new MemoryState(), { clock });
    fail(store);
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
    const { copy, store } = await replicaOn(new MemoryState(), { clock, terms });
    fail(store);
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
    const { copy, directory } = await replicaOn(state, { terms });
    await copy.collection(notes).put('x', { text: canaries.plaintext.toString('hex') }, 0);
    await copy.close();
    return { state, directory };
  }

  it('not allowed → fails, and no copy is on disk', async () => {
    const state = new MemoryState();
    const { copy, directory } = await replicaOn(state);
    await copy.close();
    expect(existsSync(join(directory, 'state-copy.sealed'))).toBe(false);
    await expect(replicaOn(state, { directory, open: away })).rejects.toEqual(
      hasCode('unavailable'),
    );
  });

  it('allowed → from the sealed copy, without blocks, and in step when the store comes', async () => {
    const { state, directory } = await leftBehind();
    const text = readFileSync(join(directory, 'state-copy.sealed'), 'utf8');
    expect(text).not.toContain(canaries.plaintext.toString('hex'));
    let open: () => Promise<StateStore> = away;
    const { copy } = await replicaOn(state, { directory, terms, open: () => open() });
    expect(copy.standing.kind).toBe('from-copy');
    const opened = copy.collection(notes);
    expect(opened.get('x')).toMatchObject({ kind: 'value' });
    await expect(copy.counters.draw({ counter: 'c', size: 1, limit: 1 })).rejects.toEqual(
      hasCode('unavailable'),
    );
    open = () => Promise.resolve(new MemoryStateStore(state));
    await expect.poll(() => copy.standing.kind).toBe('in-step');
  });

  it.each([
    ['cut', (text: string) => text.slice(0, -40)],
    ['of another revision', (text: string) => text.replace(/"revision":\d+/, '"revision":900')],
    ['of a later time', (text: string) => text.replace(/"savedAt":"20/, '"savedAt":"21')],
    ['without its documents', (text: string) => `${text.split('\n')[0] ?? ''}\n`],
    ['no copy', () => 'nothing\n'],
  ])('a copy that is %s → the start is refused', async (_, change) => {
    const { state, directory } = await leftBehind();
    const path = join(directory, 'state-copy.sealed');
    writeFileSync(path, change(readFileSync(path, 'utf8')), { mode: 0o600 });
    await expect(replicaOn(state, { directory, terms, open: away })).rejects.toEqual(
      hasCode('damaged'),
    );
  });
});

describe('a revision is settled', () => {
  it('when every live replica has applied it', async () => {
    const state = new MemoryState();
    const { copy: a } = await replicaOn(state);
    const { copy: b, store } = await replicaOn(state);
    await expect.poll(() => a.standing.leases.length).toBe(2);
    const comeBack = fail(store);
    const { revision } = await a.collection(notes).put('x', { text: 'one' }, 0);
    await a.refresh(soon());
    expect(a.isSettled(revision)).toBe(false);
    comeBack();
    await b.refresh(soon());
    await expect.poll(() => a.isSettled(revision)).toBe(true);
  });

  it('when the leases of those that have not applied it have ended', async () => {
    const state = new MemoryState();
    const { copy: a } = await replicaOn(state);
    const { store } = await replicaOn(state);
    await expect.poll(() => a.standing.leases.length).toBe(2);
    fail(store);
    let told = 0;
    a.onStanding(() => (told += 1));
    const { revision } = await a.collection(notes).put('x', { text: 'one' }, 0);
    expect(a.isSettled(revision)).toBe(false);
    state.now += 10_000;
    await expect.poll(() => a.isSettled(revision)).toBe(true);
    expect(told).toBeGreaterThan(0);
  });
});
