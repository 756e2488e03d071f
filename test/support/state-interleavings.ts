import assert from 'node:assert/strict';
import fc from 'fast-check';
import { StateError } from '../../src/state/errors.js';
import type { CounterBlock, StateStore, StoredDocument } from '../../src/state/store.js';

const COLLECTIONS = ['interleaved-a', 'interleaved-b'];
const IDS = ['one', 'One', 'a/b', 'x'];
const COUNTERS = ['count/a', 'count/b'];
const LIMIT = 2 ** 50;
/** Between the starts of two lives of a counter, so that no number has a right to come back. */
const LIFE = 1_000_000;

/** One step of a writer; `isStale` means with a revision that cannot be the right one. */
type Step =
  | { readonly act: 'put' | 'remove'; readonly document: number; readonly isStale: boolean }
  | { readonly act: 'get'; readonly document: number }
  | { readonly act: 'list' | 'changes' | 'forget' }
  | { readonly act: 'draw' | 'begin' | 'raise'; readonly counter: number; readonly size: number };

const documentIndex = fc.nat(COLLECTIONS.length * IDS.length - 1);
const counterIndex = fc.nat(COUNTERS.length - 1);
const size = fc.integer({ min: 1, max: 50 });

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      act: fc.constantFrom('put', 'put', 'remove'),
      document: documentIndex,
      isStale: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('get'), document: documentIndex }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constantFrom('list', 'changes', 'changes') }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('forget') }) },
  {
    weight: 6,
    arbitrary: fc.record({
      act: fc.constantFrom('draw', 'draw', 'begin', 'raise'),
      counter: counterIndex,
      size,
    }),
  },
);

/** The steps of several writers, each of which goes on as soon as its own step is over. */
export const interleaving: fc.Arbitrary<readonly (readonly Step[])[]> = fc.array(
  fc.array(step, { minLength: 1, maxLength: 15 }),
  { minLength: 2, maxLength: 5 },
);

/** Failures that a store on a faulty disk may answer with. */
const FAULTS = ['unavailable', 'outcome-unknown'];

/** What is certain at a moment: every change that was acknowledged, and the blocks given out. */
class Model {
  /** The acknowledged states of each document, by its key. */
  readonly history = new Map<string, StoredDocument[]>();
  readonly replaced = new Map<string, Set<number>>();
  readonly blocks: (CounterBlock & { readonly counter: string })[] = [];
  readonly acknowledged = new Set<number>();
  /** True where changes may fail, and some of them be made all the same. */
  readonly isFaulty: boolean;
  #lives = 0;

  constructor(isFaulty: boolean) {
    this.isFaulty = isFaulty;
  }

  newLife(): number {
    this.#lives += 1;
    return this.#lives * LIFE;
  }

  newest(document: number): StoredDocument | undefined {
    return this.history.get(keyOf(nameOf(document)))?.at(-1);
  }

  acknowledge(stored: StoredDocument, replaces: number): void {
    const key = keyOf(stored);
    assert(!this.acknowledged.has(stored.revision), `revision ${stored.revision} was given twice`);
    this.acknowledged.add(stored.revision);
    const replaced = this.replaced.get(key) ?? new Set();
    assert(!replaced.has(replaces), `${key} was replaced twice at revision ${replaces}`);
    this.replaced.set(key, replaced.add(replaces));
    const states = this.history.get(key) ?? [];
    this.history.set(
      key,
      [...states, stored].sort((a, b) => a.revision - b.revision),
    );
  }

  draw(counter: string, block: CounterBlock): void {
    assert(block.from < block.to && block.to <= LIMIT);
    for (const other of this.blocks) {
      const isApart = block.to <= other.from || other.to <= block.from;
      assert(other.counter !== counter || isApart, `${counter} gave ${block.from} twice`);
    }
    this.blocks.push({ counter, ...block });
  }
}

/**
 * Runs the steps of several writers at once, each on one of the ways to a store that is empty, and
 * holds everything that the store says against what it has acknowledged.
 */
export async function runInterleaved(
  writers: readonly (readonly Step[])[],
  ways: readonly StateStore[],
  isFaulty = false,
): Promise<Model> {
  const model = new Model(isFaulty);
  await Promise.all(
    writers.map(async (steps, index) => {
      const store = ways[index % ways.length];
      assert(store !== undefined);
      for (const each of steps) await run(each, store, model);
    }),
  );
  if (!isFaulty) for (const store of ways) await assertHolds(store, model);
  return model;
}

/**
 * Holds a store whose changes could fail against what it has acknowledged: that is there, or what
 * came after it.
 */
export async function assertKept(store: StateStore, model: Model): Promise<void> {
  const { documents, damaged } = await store.changesSince(0);
  assert.deepEqual(damaged, []);
  assert.equal(new Set(documents.map(({ revision }) => revision)).size, documents.length);
  const found = new Map(documents.map((document) => [keyOf(document), document]));
  for (const [key, states] of model.history) {
    const [newest, there] = [states.at(-1), found.get(key)];
    assert(newest !== undefined && there !== undefined, `${key} is gone`);
    assert(there.revision >= newest.revision, `${key} went back`);
    if (there.revision === newest.revision) assert.deepEqual(there, newest);
  }
  for (const counter of COUNTERS) {
    const block = await unless(['count-unknown'], () =>
      store.drawBlock({ counter, size: 1, limit: LIMIT }),
    );
    if (block !== undefined) model.draw(counter, block);
  }
}

/** Holds the whole of a store that nobody changes now against what it has acknowledged. */
export async function assertHolds(store: StateStore, model: Model): Promise<void> {
  const newest = [...model.history.values()]
    .flatMap((states) => states.slice(-1))
    .sort((a, b) => a.revision - b.revision);
  const { documents, mark, damaged } = await store.changesSince(0);
  assert.deepEqual(documents, newest);
  assert.deepEqual(damaged, []);
  assert.equal(mark.revision, newest.at(-1)?.revision ?? 0);
  for (const document of newest) assert.deepEqual(await store.get(document), document);
  const counters = await store.readCounters('');
  for (const [counter, next] of counters) {
    const life = Math.floor(next / LIFE) * LIFE;
    const used = model.blocks.filter(({ counter: of, from }) => of === counter && from >= life);
    for (const { to } of used) assert(to <= next, `${counter} is at ${next}, below ${to}`);
  }
}

async function run(each: Step, store: StateStore, model: Model): Promise<void> {
  switch (each.act) {
    case 'put':
    case 'remove':
      return change(each, store, model);
    case 'get': {
      const before = model.newest(each.document);
      const found = await store.get(nameOf(each.document));
      assert((found?.revision ?? 0) >= (before?.revision ?? 0), 'a reading went back');
      return;
    }
    case 'list':
    case 'changes':
      return look(each.act, store, model);
    case 'forget':
      return store.forgetCounters(COUNTERS[1] ?? '');
    case 'draw':
    case 'begin':
    case 'raise':
      return count(each, store, model);
  }
}

async function change(
  { act, document, isStale }: Step & { act: 'put' | 'remove' },
  store: StateStore,
  model: Model,
): Promise<void> {
  const name = nameOf(document);
  const known = model.isFaulty ? await store.get(name) : model.newest(document);
  const replaces = isStale ? LIMIT : (known?.revision ?? 0);
  const contents = act === 'put' ? JSON.stringify({ after: replaces, by: act }) : undefined;
  const stored = await unless(['conflict', ...faultsOf(model)], () =>
    store.put({ ...name, format: 1, contents, replaces }),
  );
  if (stored === undefined) return;
  assert(!isStale, 'a change of a revision that never was is taken');
  assert.deepEqual(stored, { ...name, format: 1, contents, revision: stored.revision });
  assert(stored.revision > replaces);
  model.acknowledge(stored, replaces);
}

/** Whatever was acknowledged before the question is in the answer, or something newer is. */
async function look(act: 'list' | 'changes', store: StateStore, model: Model): Promise<void> {
  const before = [...model.history.values()].flatMap((states) => states.slice(-1));
  const revisions = before.map(({ revision }) => revision).sort((a, b) => a - b);
  const since = act === 'changes' ? (revisions[Math.floor(revisions.length / 2)] ?? 0) : 0;
  const { found, mark } = await seen(act, store, since);
  const byKey = new Map(found.map((document) => [keyOf(document), document]));
  assert.equal(byKey.size, found.length, 'a document is told twice');
  for (const expected of before) {
    if (act === 'list' && expected.collection !== COLLECTIONS[0]) continue;
    if (expected.revision <= since) continue;
    const told = byKey.get(keyOf(expected));
    assert((told?.revision ?? 0) >= expected.revision, `${keyOf(expected)} is missing`);
    assert(mark >= expected.revision);
  }
}

async function seen(act: 'list' | 'changes', store: StateStore, since: number) {
  if (act === 'list') {
    const found = await store.list(COLLECTIONS[0] ?? '');
    const ids = found.map(({ id }) => id);
    assert.deepEqual(ids, ids.toSorted(inOrder));
    return { found, mark: LIMIT };
  }
  const { documents, mark } = await store.changesSince(since);
  const revisions = documents.map(({ revision }) => revision);
  assert.deepEqual(
    revisions,
    revisions.toSorted((a, b) => a - b),
  );
  assert(revisions.every((revision) => revision > since && revision <= mark.revision));
  return { found: documents, mark: mark.revision };
}

async function count(
  { act, counter: index, size: wanted }: Step & { act: 'draw' | 'begin' | 'raise' },
  store: StateStore,
  model: Model,
): Promise<void> {
  const counter = COUNTERS[index] ?? '';
  if (act === 'begin') {
    await unless(['conflict', ...faultsOf(model)], () =>
      store.beginCounter(counter, model.newLife()),
    );
  } else if (act === 'raise') {
    // A counter that is never forgotten: begun by this, it would give out the same numbers again.
    await unless(faultsOf(model), () => store.raiseCounter(COUNTERS[0] ?? '', wanted));
  } else {
    const block = await unless(['count-unknown', ...faultsOf(model)], () =>
      store.drawBlock({ counter, size: wanted, limit: LIMIT }),
    );
    if (block !== undefined) model.draw(counter, block);
  }
}

async function unless<T>(codes: readonly string[], work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StateError && codes.includes(error.code)) return undefined;
    throw error;
  }
}

function faultsOf({ isFaulty }: Model): readonly string[] {
  return isFaulty ? FAULTS : [];
}

function nameOf(document: number) {
  const collection = COLLECTIONS[document % COLLECTIONS.length] ?? '';
  return { collection, id: IDS[Math.floor(document / COLLECTIONS.length)] ?? '' };
}

function keyOf({ collection, id }: { readonly collection: string; readonly id: string }): string {
  return `${collection}/${id}`;
}

function inOrder(a: string, b: string): number {
  return a < b ? -1 : 1;
}
