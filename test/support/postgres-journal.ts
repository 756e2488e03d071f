import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { StateError } from '../../src/state/errors.js';
import type { CounterBlock, StateStore, StoredDocument } from '../../src/state/store.js';

const COLLECTION = 'journals';
const LIMIT = 2 ** 50;
/** Time after a failure before a writer goes on, as a person would. */
const PAUSE_MS = 20;

/** An entry that a writer has appended to a document, and what it was told of it. */
interface Appended {
  readonly document: string;
  readonly entry: string;
  readonly outcome: 'acknowledged' | 'not-made' | 'unknown';
}

/** The answers that say for certain that a change was not made. */
const NOT_MADE = new Set(['unavailable', 'conflict', 'misconfigured', 'gone-back']);

/**
 * Writers that append to a few documents and draw blocks, whatever happens to the store meanwhile,
 * and a judge who holds what is there afterwards against what they were told.
 */
export class PostgresJournal {
  readonly failures = new Map<string, number>();
  readonly #appended: Appended[] = [];
  readonly #blocks: (CounterBlock & { readonly counter: string })[] = [];
  readonly #newest = new Map<string, StoredDocument>();
  #lives = 0;
  #isOver = false;

  /** Begins a counter that is drawn from then on: after a recovery another one. */
  async begin(store: StateStore): Promise<void> {
    await store.beginCounter(`count-${this.#lives + 1}`, 0);
    this.#lives += 1;
  }

  /** Recovers a store with every change that was acknowledged, as a replica in step could. */
  async recover(store: StateStore): Promise<void> {
    const newest = [...this.#newest.values()];
    await store.recover(newest, Math.max(...newest.map(({ revision }) => revision)));
    await this.begin(store);
  }

  /** The number of changes that were acknowledged so far. */
  get acknowledged(): number {
    return this.#appended.filter(({ outcome }) => outcome === 'acknowledged').length;
  }

  /** The number of blocks that were given out so far. */
  get drawn(): number {
    return this.#blocks.length;
  }

  /** Lets the writers end. */
  end(): void {
    this.#isOver = true;
  }

  /** Appends until the end. */
  async write(store: StateStore, name: string): Promise<void> {
    for (let count = 0; !this.#isOver; count += 1) {
      await this.#append(store, `document-${count % 3}`, `${name}-${count}`);
    }
  }

  /** Draws until the end. */
  async draw(store: StateStore): Promise<void> {
    while (!this.#isOver) {
      try {
        const counter = `count-${this.#lives}`;
        const block = await store.drawBlock({ counter, size: 7, limit: LIMIT });
        if (block !== undefined) this.#blocks.push({ counter, ...block });
      } catch (error) {
        await this.#noteFailure(error);
      }
      await pause(1);
    }
  }

  /** Holds a store that nobody changes now against what the writers were told. */
  async judge(store: StateStore): Promise<void> {
    const documents = await store.list(COLLECTION);
    const entries = new Map(documents.map(({ id, contents }) => [id, entriesOf(contents)]));
    for (const { document, entry, outcome } of this.#appended) {
      const times = (entries.get(document) ?? []).filter((each) => each === entry).length;
      if (outcome === 'acknowledged') assert.equal(times, 1, `${entry} is lost, or there twice`);
      if (outcome === 'not-made') assert.equal(times, 0, `${entry} is there, and was denied`);
    }
    const inOrder = this.#blocks.toSorted(
      (a, b) => a.counter.localeCompare(b.counter) || a.from - b.from,
    );
    for (const [index, { counter, from }] of inOrder.entries()) {
      const before = inOrder[index - 1];
      const isApart = before?.counter !== counter || before.to <= from;
      assert(isApart, `${counter}: ${from} was given out twice`);
    }
  }

  async #append(store: StateStore, document: string, entry: string): Promise<void> {
    try {
      const found = await store.get({ collection: COLLECTION, id: document });
      const entries = [...entriesOf(found?.contents), entry];
      const outcome = await this.#put(store, document, entries, found?.revision ?? 0);
      this.#appended.push({ document, entry, outcome });
    } catch (error) {
      await this.#noteFailure(error); // It could not even be read, so nothing was tried.
    }
  }

  async #put(
    store: StateStore,
    id: string,
    entries: readonly string[],
    replaces: number,
  ): Promise<Appended['outcome']> {
    const contents = JSON.stringify(entries);
    try {
      const stored = await store.put({ collection: COLLECTION, id, format: 1, contents, replaces });
      const known = this.#newest.get(id);
      if ((known?.revision ?? 0) < stored.revision) this.#newest.set(id, stored);
      return 'acknowledged';
    } catch (error) {
      const code = await this.#noteFailure(error);
      return NOT_MADE.has(code) ? 'not-made' : 'unknown';
    }
  }

  async #noteFailure(error: unknown): Promise<string> {
    assert(error instanceof StateError, String(error));
    this.failures.set(error.code, (this.failures.get(error.code) ?? 0) + 1);
    if (error.code !== 'conflict') await pause(PAUSE_MS);
    return error.code;
  }
}

function entriesOf(contents: string | undefined): readonly string[] {
  const parsed: unknown = JSON.parse(contents ?? '[]');
  assert(Array.isArray(parsed));
  return parsed.map(String);
}
