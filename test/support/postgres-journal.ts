import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { StateError } from '../../src/state/errors.js';
import type { CounterBlock, StateStore } from '../../src/state/store.js';

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
  readonly #blocks: CounterBlock[] = [];
  #isOver = false;

  /** Begins the counter that is drawn from. */
  async begin(store: StateStore): Promise<void> {
    await store.beginCounter('count', 0);
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
        const block = await store.drawBlock({ counter: 'count', size: 7, limit: LIMIT });
        if (block !== undefined) this.#blocks.push(block);
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
    const inOrder = this.#blocks.toSorted((a, b) => a.from - b.from);
    for (const [index, { from }] of inOrder.entries()) {
      const before = inOrder[index - 1];
      assert(before === undefined || before.to <= from, `${from} was given out twice`);
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
      await store.put({ collection: COLLECTION, id, format: 1, contents, replaces });
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
