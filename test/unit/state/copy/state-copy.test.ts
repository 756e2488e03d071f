import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { writeFileAtomically } from '../../../../src/durable/atomic-write.js';
import { masterKeyFrom } from '../../../../src/sealing/master-key.js';
import { type Clock, systemClock } from '../../../../src/shared/clock.js';
import { Deadline } from '../../../../src/shared/deadline.js';
import { Secret } from '../../../../src/shared/secret.js';
import type { CollectionDefinition } from '../../../../src/state/collection.js';
import type { CopyPorts, CopyTerms } from '../../../../src/state/copy/copy-ports.js';
import { StateCopy } from '../../../../src/state/copy/state-copy.js';
import { StateError, type StateErrorCode } from '../../../../src/state/errors.js';
import type { StateStore } from '../../../../src/state/store.js';
import { canaries } from '../../../support/canaries.js';
import { captureLog } from '../../../support/log-lines.js';
import { MemoryState, MemoryStateStore } from '../../../support/memory-state-store.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const notes: CollectionDefinition<{ text: string }> = {
  name: 'notes',
  newest: { number: 1, schema: z.strictObject({ text: z.string() }) },
};

const TERMS: CopyTerms = { maxStalenessMs: 3_600_000, whenAlone: 'continue' };

interface ReplicaSettings {
  readonly directory?: string;
  readonly terms?: CopyTerms;
  readonly clock?: Clock;
  readonly acceptsNewStore?: boolean;
  readonly open?: () => Promise<StateStore>;
}

/** A replica on a state in memory; it is closed when the test ends. */
async function replicaOn(state: MemoryState, settings: ReplicaSettings = {}) {
  const store = new MemoryStateStore(state);
  const directory = settings.directory ?? temporaryFolder();
  const log = captureLog();
  const ports: CopyPorts = {
    clock: systemClock,
    randomBytes,
    log: log.logger,
    open: () => Promise.resolve(store),
    directory,
    writeFile: writeFileAtomically,
    replicaName: 'replica',
    version: '0.2.0',
    terms: TERMS,
    acceptsNewStore: false,
    ...settings,
  };
  const copy = await StateCopy.open(ports);
  onTestFinished(() => copy.close());
  return { copy, store, directory, log };
}

const soon = () => Deadline.after(systemClock, 5_000);

const hasCode = (code: StateErrorCode) => expect.objectContaining({ code });

/** Lets a store forget everything after a revision, as a standby does that lagged. */
function goBack(state: MemoryState, revision: number): void {
  state.tokens.length = revision + 1;
  for (const [key, document] of state.documents) {
    if (document.revision > revision) state.documents.delete(key);
  }
}

function fail(store: MemoryStateStore): () => void {
  const away = () => Promise.reject(new StateError('unavailable', 'no server answers'));
  const spies = (['changesSince', 'put', 'drawBlock', 'renewLease', 'endLease'] as const).map(
    (method) => vi.spyOn(store, method).mockImplementation(away),
  );
  return () => {
    for (const spy of spies) spy.mockRestore();
  };
}

describe('a document', () => {
  it('put at one replica → at the other after a refresh, and told to who watches', async () => {
    const state = new MemoryState();
    const { copy: a } = await replicaOn(state);
    const { copy: b } = await replicaOn(state);
    const seen: unknown[] = [];
    const there = b.collection(notes);
    there.watch((document) => seen.push(document));
    const here = a.collection(notes);
    const made = await here.put('x', { text: 'one' }, 0);
    await here.put('x', { text: 'two' }, made.revision);
    await b.refresh(soon());
    expect(there.get('x')).toMatchObject({ kind: 'value', value: { text: 'two' } });
    expect(seen.at(-1)).toEqual(there.get('x'));
  });

  it('put at both at once → one wins, and the other has the winner in memory', async () => {
    const state = new MemoryState();
    const { copy: a } = await replicaOn(state);
    const { copy: b } = await replicaOn(state);
    const collections = [a.collection(notes), b.collection(notes)] as const;
    const results = await Promise.allSettled([
      collections[0].put('x', { text: 'of a' }, 0),
      collections[1].put('x', { text: 'of b' }, 0),
    ]);
    const lost = results.filter((result) => result.status === 'rejected');
    expect(lost).toMatchObject([{ reason: { code: 'conflict' } }]);
    expect(collections[0].get('x')).toMatchObject({ kind: 'value' });
    expect(collections[1].get('x')).toEqual(collections[0].get('x'));
  });

  it('removed → a tombstone on every replica, over which a new one can be put', async () => {
    const state = new MemoryState();
    const { copy: a } = await replicaOn(state);
    const { copy: b } = await replicaOn(state);
    const [here, there] = [a.collection(notes), b.collection(notes)];
    const { revision } = await here.put('x', { text: 'one' }, 0);
    await here.remove('x', revision);
    await b.refresh(soon());
    const tombstone = there.get('x');
    expect(tombstone).toMatchObject({ kind: 'removed' });
    await there.put('x', { text: 'again' }, tombstone?.revision ?? 0);
    expect(there.list()).toMatchObject([{ id: 'x', kind: 'value' }]);
  });

  it('there before the collection is opened → in it when it is', async () => {
    const state = new MemoryState();
    const { copy: a } = await replicaOn(state);
    await a.collection(notes).put('x', { text: 'one' }, 0);
    const { copy: b } = await replicaOn(state);
    await b.refresh(soon());
    expect(b.collection(notes).list()).toMatchObject([{ id: 'x', value: { text: 'one' } }]);
  });
});

describe('formats', () => {
  const upgraded: CollectionDefinition<{ text: string; size: number }, { text: string }> = {
    name: 'notes',
    newest: { number: 2, schema: z.strictObject({ text: z.string(), size: z.number() }) },
    previous: {
      ...notes.newest,
      until: 2,
      upgrade: ({ text }) => ({ text, size: text.length }),
      downgrade: ({ text }) => ({ text }),
    },
  };

  it('a document of the format before → read as the newest, and written as before', async () => {
    const state = new MemoryState();
    const { copy: old } = await replicaOn(state);
    const oldNotes = old.collection(notes);
    await oldNotes.put('x', { text: 'one' }, 0);
    const { copy } = await replicaOn(state);
    const newNotes = copy.collection(upgraded);
    const found = newNotes.get('x');
    expect(found).toMatchObject({ kind: 'value', value: { text: 'one', size: 3 } });
    await newNotes.put('x', { text: 'four', size: 4 }, found?.revision ?? 0);
    await old.refresh(soon());
    expect(oldNotes.get('x')).toMatchObject({ kind: 'value', value: { text: 'four' } });
  });

  it('a document of a newer format → "made by a newer version", and never overwritten', async () => {
    const state = new MemoryState();
    const { copy, store } = await replicaOn(state);
    await store.put({
      ...{ collection: 'notes', id: 'x', format: 2, replaces: 0 },
      contents: '{"text":"one","size":3}',
    });
    const opened = copy.collection(notes);
    await copy.refresh(soon());
    expect(opened.get('x')).toMatchObject({ kind: 'newer-version' });
    await expect(opened.put('x', { text: 'mine' }, 1)).rejects.toEqual(hasCode('newer-version'));
    expect(copy.standing.problems.join()).toContain('made by a newer version');
  });

  it('contents that do not follow the schema → damaged, and nothing of them in the problem', async () => {
    const state = new MemoryState();
    const { copy, store } = await replicaOn(state);
    const contents = JSON.stringify({ text: 7, secret: canaries.secretAccessKey });
    await store.put({ collection: 'notes', id: 'x', format: 1, contents, replaces: 0 });
    const opened = copy.collection(notes);
    await copy.refresh(soon());
    expect(opened.get('x')).toMatchObject({ kind: 'damaged' });
    expect(copy.standing.problems.join()).not.toContain(canaries.secretAccessKey);
    await expect(opened.put('x', { text: 'mine' }, 1)).rejects.toEqual(hasCode('damaged'));
  });

  it('a store of a newer format → the start is refused', async () => {
    const state = new MemoryState();
    const store = new MemoryStateStore(state);
    state.format = 2;
    await expect(
      replicaOn(new MemoryState(), { open: () => Promise.resolve(store) }),
    ).rejects.toEqual(hasCode('newer-version'));
  });
});

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

describe('a store that has gone back', () => {
  it('→ no changes and no blocks, until it is recovered with what the replica knows', async () => {
    const state = new MemoryState();
    const { copy } = await replicaOn(state);
    const opened = copy.collection(notes);
    await copy.counters.begin('c', 0);
    await opened.put('x', { text: 'one' }, 0);
    await opened.put('y', { text: 'two' }, 0);
    goBack(state, 1);
    await expect.poll(() => copy.standing.kind).toBe('gone-back');
    expect(opened.get('y')).toMatchObject({ kind: 'value' });
    await expect(opened.put('z', { text: 'three' }, 0)).rejects.toEqual(hasCode('gone-back'));
    const draw = { counter: 'c', size: 10, limit: 100 };
    await expect(copy.counters.draw(draw)).rejects.toEqual(hasCode('gone-back'));

    expect(await copy.recover()).toEqual([{ collection: 'notes', id: 'y' }]);
    expect(copy.standing.kind).toBe('in-step');
    await expect(copy.counters.draw(draw)).rejects.toEqual(hasCode('count-unknown'));
    await opened.put('z', { text: 'three' }, 0);
    const { copy: other } = await replicaOn(state);
    expect(
      other
        .collection(notes)
        .list()
        .map(({ id }) => id),
    ).toEqual(['x', 'y', 'z']);
  });

  it('and has grown past the lost revision by then → recognised all the same', async () => {
    const state = new MemoryState();
    const { copy, store } = await replicaOn(state);
    const opened = copy.collection(notes);
    await opened.put('x', { text: 'one' }, 0);
    await opened.put('y', { text: 'two' }, 0);
    goBack(state, 1);
    for (const id of ['p', 'q']) {
      await store.put({ collection: 'notes', id, format: 1, contents: '{"text":""}', replaces: 0 });
    }
    await expect(copy.refresh(soon())).rejects.toEqual(hasCode('gone-back'));
    expect(opened.get('p')).toBeUndefined();
  });

  it('while the replica was down → recognised at its start, which serves what is there', async () => {
    const state = new MemoryState();
    const { copy, directory } = await replicaOn(state);
    const opened = copy.collection(notes);
    await opened.put('x', { text: 'one' }, 0);
    await opened.put('y', { text: 'two' }, 0);
    await copy.close();
    goBack(state, 1);
    const { copy: again } = await replicaOn(state, { directory });
    expect(again.standing.kind).toBe('gone-back');
    expect(again.collection(notes).get('x')).toMatchObject({ kind: 'value' });
    await again.recover();
    expect(again.standing.kind).toBe('in-step');
  });

  it('that never did → recover is refused', async () => {
    const { copy } = await replicaOn(new MemoryState());
    await expect(copy.recover()).rejects.toEqual(hasCode('conflict'));
  });

  it('another store in its place → the start is refused, but for --init state', async () => {
    const { copy, directory } = await replicaOn(new MemoryState());
    await copy.collection(notes).put('x', { text: 'one' }, 0);
    await copy.close();
    const other = new MemoryState();
    await expect(replicaOn(other, { directory })).rejects.toEqual(hasCode('gone-back'));
    const { copy: begun } = await replicaOn(other, { directory, acceptsNewStore: true });
    expect(begun.standing.kind).toBe('in-step');
  });

  it('the place in its history damaged on disk → the start is refused and names the file', async () => {
    const directory = temporaryFolder();
    const path = join(directory, 'state-history.json');
    writeFileSync(path, '{"format":1', { mode: 0o600 });
    await expect(replicaOn(new MemoryState(), { directory })).rejects.toThrow(path);
    expect(readFileSync(path, 'utf8')).toBe('{"format":1');
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
