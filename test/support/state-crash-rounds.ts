import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { systemClock } from '../../src/shared/clock.js';
import { openFilesStateStore } from '../../src/state/files/open-files-store.js';
import type { StateStore, StoredDocument } from '../../src/state/store.js';

const PROGRAM = fileURLToPath(new URL('busy-state-store.mjs', import.meta.url));

const eventSchema = z.discriminatedUnion('event', [
  z.object({ event: z.literal('ready') }),
  z.object({
    event: z.literal('put'),
    collection: z.string(),
    id: z.string(),
    revision: z.number(),
    /** Null for a removal. */
    by: z.string().nullable(),
  }),
  z.object({
    event: z.literal('drawn'),
    counter: z.string(),
    from: z.number(),
    to: z.number(),
  }),
]);

const contentsSchema = z.object({
  collection: z.string(),
  id: z.string(),
  replaces: z.number(),
  by: z.string(),
});

type Put = Extract<z.infer<typeof eventSchema>, { event: 'put' }>;

/** The sums of all rounds, for a report. */
export interface StateCrashTally {
  rounds: number;
  killsAmidStart: number;
  changes: number;
  blocks: number;
  /** Changes that were on disk and that nobody had been told of when the process was killed. */
  unacknowledged: number;
}

/**
 * A store that is changed and killed with SIGKILL, again and again. After each round all that was
 * acknowledged must be there, nothing by halves, and no number of a counter may come twice.
 */
export class StateCrashRounds {
  readonly tally: StateCrashTally = {
    rounds: 0,
    killsAmidStart: 0,
    changes: 0,
    blocks: 0,
    unacknowledged: 0,
  };
  readonly #directory: string;
  readonly #newest = new Map<string, Put>();
  readonly #given = new Map<string, number>();
  #storeId: string | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Runs the process, kills it and looks at what it has left. @throws AssertionError */
  async round(): Promise<void> {
    const output = await this.#runAndKill(`round-${this.tally.rounds}`);
    // A line that the kill has cut was never told.
    const lines = output.split('\n').slice(0, -1);
    this.#take(lines.map((line) => eventSchema.parse(JSON.parse(line))));
    this.tally.rounds += 1;
    await this.#inspect();
  }

  async #runAndKill(word: string): Promise<string> {
    const child = spawn(process.execPath, [PROGRAM, this.#directory, word], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    const closed = once(child, 'close');
    const lines = randomInt(10) > 0 ? randomInt(2, 60) : 0;
    while (output.split('\n').length <= lines && child.exitCode === null) {
      await Promise.race([once(child.stdout, 'data'), closed]);
    }
    await sleep(randomInt(0, 20));
    child.kill('SIGKILL');
    const [code, signal] = z.tuple([z.unknown(), z.unknown()]).parse(await closed);
    assert.deepEqual([code, signal], [null, 'SIGKILL'], 'the process has ended by itself');
    return output;
  }

  #take(events: readonly z.infer<typeof eventSchema>[]): void {
    if (events.length === 0) this.tally.killsAmidStart += 1;
    for (const event of events) {
      if (event.event === 'put') this.#takePut(event);
      if (event.event === 'drawn') this.#takeBlock(event);
    }
  }

  #takePut(put: Put): void {
    this.tally.changes += 1;
    const key = keyOf(put);
    if ((this.#newest.get(key)?.revision ?? 0) < put.revision) this.#newest.set(key, put);
  }

  /** Blocks of one counter are told in their order, in a process and from one to the next. */
  #takeBlock({ counter, from, to }: { counter: string; from: number; to: number }): void {
    this.tally.blocks += 1;
    const given = this.#given.get(counter) ?? 0;
    assert(from >= given && to > from, `${counter} gave ${from} to ${to} after ${given}`);
    this.#given.set(counter, to);
  }

  /** As the next start finds it. Its leftovers are for the next process to clear away. */
  async #inspect(): Promise<void> {
    const store = await openFilesStateStore({
      directory: this.#directory,
      clock: systemClock,
      randomBytes,
      log: { warn: (_, message) => assert.fail(message) },
      init: true,
      acceptsLoss: false,
    });
    try {
      await this.#compare(store);
    } finally {
      await store.close();
    }
  }

  async #compare(store: StateStore): Promise<void> {
    const { documents, damaged, mark } = await store.changesSince(0);
    assert.deepEqual(damaged, []);
    assert.deepEqual(store.warnings, []);
    if (this.#newest.size > 0) assert.equal(store.id, this.#storeId ?? store.id);
    this.#storeId = store.id;
    assert.equal(mark.revision, documents.at(-1)?.revision ?? 0);
    assert.equal(new Set(documents.map(({ revision }) => revision)).size, documents.length);
    const found = new Map(documents.map((document) => [keyOf(document), document]));
    for (const [key, told] of this.#newest) this.#compareDocument(told, found.get(key));
    for (const document of documents) this.#adopt(document);
    const counters = await store.readCounters('');
    for (const [counter, given] of this.#given) {
      assert((counters.get(counter) ?? -1) >= given, `${counter} is below ${given}`);
    }
  }

  #compareDocument(told: Put, found: StoredDocument | undefined): void {
    assert(found !== undefined, `${told.id} is gone, which was at ${told.revision}`);
    assert(found.revision >= told.revision, `${told.id} went back to ${found.revision}`);
    if (found.revision === told.revision) {
      assert.equal(byOf(found), told.by, `${told.id} has other contents than were acknowledged`);
      return;
    }
    this.tally.unacknowledged += 1;
    if (found.contents === undefined) return;
    const { replaces } = contentsSchema.parse(JSON.parse(found.contents));
    assert(replaces >= told.revision, `${told.id} does not follow on ${told.revision}`);
  }

  /** What was found is there from now on, told or not. */
  #adopt(document: StoredDocument): void {
    const { collection, id, revision } = document;
    this.#newest.set(keyOf(document), {
      event: 'put',
      collection,
      id,
      revision,
      by: byOf(document),
    });
  }
}

/** Checks that the contents are this document's, whole. */
function byOf({ collection, id, contents }: StoredDocument): string | null {
  if (contents === undefined) return null;
  const parsed = contentsSchema.parse(JSON.parse(contents));
  assert.deepEqual([parsed.collection, parsed.id], [collection, id]);
  return parsed.by;
}

function keyOf({ collection, id }: { readonly collection: string; readonly id: string }): string {
  return `${collection}/${id}`;
}
