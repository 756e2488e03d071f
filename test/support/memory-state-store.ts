import { randomBytes } from 'node:crypto';
import {
  assertBlockRequest,
  assertCollection,
  assertCount,
  assertCounterName,
  assertDocumentChange,
  assertDocumentName,
  assertUsesChange,
} from '../../src/state/assert-request.js';
import { StateError } from '../../src/state/errors.js';
import {
  type BlockRequest,
  type Changes,
  type CounterBlock,
  type DocumentChange,
  type DocumentName,
  type DrawnBlock,
  type HistoryMark,
  LEASE_MS,
  type LeaseRenewal,
  type ListedUses,
  STATE_FORMAT,
  type StateStore,
  type StoredDocument,
  type StoredUses,
  type UsesChange,
} from '../../src/state/store.js';

/** The contents of a store in memory, which many {@link MemoryStateStore} share as replicas do. */
export class MemoryState {
  readonly id: string;
  format = STATE_FORMAT;
  readonly documents: Map<string, StoredDocument>;
  readonly tokens: string[];
  readonly counters: Map<string, number>;
  readonly uses: Map<string, StoredUses>;
  readonly leases = new Map<string, LeaseRenewal & { readonly endsAt: number }>();
  /** The revisions that replicas have said are lost. */
  readonly losses: number[] = [];
  /** The sentences about what counts for nothing in it. */
  readonly leftAside: string[] = [];
  /** Documents of one answer. */
  pageSize = Number.POSITIVE_INFINITY;
  /** In milliseconds; goes on when a test says so. */
  now = 0;

  /** @param original a state of which this is a copy, without its leases */
  constructor(original?: MemoryState) {
    this.id = original?.id ?? newToken();
    this.documents = new Map(original?.documents);
    this.tokens = original === undefined ? [newToken()] : [...original.tokens];
    this.counters = new Map(original?.counters);
    this.uses = new Map(original?.uses);
  }

  get mark(): HistoryMark {
    const revision = this.tokens.length - 1;
    return { storeId: this.id, revision, token: this.tokens[revision] ?? '' };
  }
}

/** A store as plain as can be, to hold the others against and for tests of what stands on one. */
export class MemoryStateStore implements StateStore {
  readonly isShared = true;
  readonly place = 'memory';
  readonly warnings: readonly string[] = [];
  readonly #state: MemoryState;

  constructor(state: MemoryState) {
    if (state.format > STATE_FORMAT) throw new StateError('newer-version', 'of a newer format');
    this.#state = state;
  }

  get id(): string {
    return this.#state.id;
  }

  get(name: DocumentName): Promise<StoredDocument | undefined> {
    return later(() => {
      assertDocumentName(name);
      return this.#state.documents.get(keyOf(name));
    });
  }

  list(collection: string): Promise<readonly StoredDocument[]> {
    return later(() => {
      assertCollection(collection);
      return [...this.#state.documents.values()]
        .filter((document) => document.collection === collection)
        .sort((a, b) => (a.id < b.id ? -1 : 1));
    });
  }

  put(change: DocumentChange): Promise<StoredDocument> {
    return later(() => {
      assertDocumentChange(change);
      const { collection, id, format, contents, replaces } = change;
      if ((this.#state.documents.get(keyOf(change))?.revision ?? 0) !== replaces)
        throw new StateError('conflict', `${id} is not at revision ${replaces}`);
      return this.#keep({ collection, id, format, contents });
    });
  }

  changesSince(since: number, after = since): Promise<Changes> {
    return later(() => {
      const { mark, tokens, documents, leases, now, format, pageSize } = this.#state;
      const newer = [...documents.values()]
        .filter(({ revision }) => revision > after)
        .sort((a, b) => a.revision - b.revision);
      const page = newer.slice(0, pageSize);
      return {
        mark,
        tokenThen: tokens[since],
        format,
        documents: page,
        ...(page.length < newer.length && { next: page.at(-1)?.revision }),
        damaged: [],
        leftAside: [...this.#state.leftAside],
        leases: [...leases.values()]
          .filter(({ endsAt }) => endsAt > now)
          .map(({ endsAt, ...renewal }) => ({ ...renewal, endsInMs: endsAt - now })),
      };
    });
  }

  beginCounter(counter: string, start: number): Promise<void> {
    return later(() => {
      assertCounterName(counter);
      assertCount(start);
      if (this.#state.counters.has(counter))
        throw new StateError('conflict', `${counter} is there`);
      this.#state.counters.set(counter, start);
    });
  }

  drawBlock(request: BlockRequest): Promise<CounterBlock | undefined> {
    return later(() => {
      assertBlockRequest(request);
      const { counter, size, limit } = request;
      const from = this.#state.counters.get(counter);
      if (from === undefined) throw new StateError('count-unknown', `${counter} is not there`);
      if (from >= limit) return undefined;
      const to = Math.min(from + size, limit);
      this.#state.counters.set(counter, to);
      return { from, to };
    });
  }

  drawBlocks(requests: readonly BlockRequest[]): Promise<readonly DrawnBlock[]> {
    return Promise.all(
      requests.map(async (request) => {
        if (!this.#state.counters.has(request.counter)) return 'count-unknown';
        return (await this.drawBlock(request)) ?? 'at-limit';
      }),
    );
  }

  readCounters(prefix: string): Promise<ReadonlyMap<string, number>> {
    return later(
      () => new Map([...this.#state.counters].filter(([name]) => name.startsWith(prefix))),
    );
  }

  raiseCounter(counter: string, by: number): Promise<void> {
    return later(() => {
      assertCounterName(counter);
      assertCount(by);
      this.#state.counters.set(counter, (this.#state.counters.get(counter) ?? 0) + by);
    });
  }

  forgetCounters(prefix: string): Promise<void> {
    return later(() => {
      this.#forget(prefix);
    });
  }

  listUses(collection: string): Promise<ListedUses> {
    return later(() => {
      assertCollection(collection);
      const uses = [...this.#state.uses.values()]
        .filter((each) => each.collection === collection)
        .sort((a, b) => (a.id < b.id ? -1 : 1));
      return { uses, damaged: [] };
    });
  }

  putUses(changes: readonly UsesChange[]): Promise<readonly StoredUses[]> {
    return later(() => {
      changes.forEach(assertUsesChange);
      return changes.flatMap(({ replaces, ...uses }) => {
        const found = this.#state.uses.get(keyOf(uses));
        if (found !== undefined && found.token !== replaces) return [];
        const stored = { ...uses, token: newToken() };
        this.#state.uses.set(keyOf(uses), stored);
        return [stored];
      });
    });
  }

  renewLease(renewal: LeaseRenewal): Promise<void> {
    return later(() => {
      const endsAt = this.#state.now + LEASE_MS;
      this.#state.leases.set(renewal.replica, { ...renewal, endsAt });
    });
  }

  endLease(replica: string): Promise<void> {
    return later(() => {
      this.#state.leases.delete(replica);
    });
  }

  noteLoss({ revision }: HistoryMark, replica: string): Promise<void> {
    return later(() => {
      this.#state.losses.push(revision);
      this.#state.leases.delete(replica);
    });
  }

  recover(
    newer: readonly StoredDocument[],
    highestRevision: number,
  ): Promise<readonly DocumentName[]> {
    return later(() => {
      const { documents, tokens } = this.#state;
      while (tokens.length <= highestRevision + 1) tokens.push(newToken());
      this.#forget('');
      const brought = newer.filter(
        (document) => document.revision > (documents.get(keyOf(document))?.revision ?? 0),
      );
      return brought.map((document) => {
        const { collection, id } = this.#keep(document);
        return { collection, id };
      });
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #keep({ collection, id, format, contents }: Omit<StoredDocument, 'revision'>): StoredDocument {
    const revision = this.#state.tokens.push(newToken()) - 1;
    const document = { collection, id, revision, format, contents };
    this.#state.documents.set(keyOf(document), document);
    return document;
  }

  #forget(prefix: string): void {
    for (const name of this.#state.counters.keys()) {
      if (name.startsWith(prefix)) this.#state.counters.delete(name);
    }
  }
}

/** Lets others have a turn before, as any real store does. */
async function later<T>(work: () => T): Promise<T> {
  await new Promise((resolve) => setImmediate(resolve));
  return work();
}

function keyOf({ collection, id }: DocumentName): string {
  return `${collection}/${id}`;
}

function newToken(): string {
  return randomBytes(16).toString('hex');
}
