import type { Clock } from '../../shared/clock.js';
import {
  assertBlockRequest,
  assertCollection,
  assertCount,
  assertCounterName,
  assertDocumentChange,
  assertDocumentName,
  assertUsesChange,
} from '../assert-request.js';
import type {
  BlockRequest,
  Changes,
  CounterBlock,
  DocumentChange,
  DocumentName,
  DrawnBlock,
  HistoryMark,
  LeaseRenewal,
  ListedUses,
  StateStore,
  StoredDocument,
  StoredUses,
  UsesChange,
} from '../store.js';
import { readChanges } from './changes.js';
import { ComparedWriter } from './compared-writer.js';
import { Counters } from './counters.js';
import {
  documentColumns,
  type DocumentRow,
  documentOf,
  readBack,
  replaceDocument,
} from './documents.js';
import { asStateError, ConnectionLost } from './failures.js';
import { endLease, renewLease } from './leases.js';
import { noteLoss, recoverStore } from './recover.js';
import { ask, type Servers } from './servers.js';
import { durabilityProblems } from './standby.js';
import type { Tables } from './tables.js';
import type { Ask } from './transaction.js';
import { listUses, writeUses } from './uses.js';
import type { Writer } from './writer.js';

/** Time from one look at the standby to the next. */
const LOOK_MS = 10_000;

/** The parts that a store in PostgreSQL is made of. */
export interface PostgresStorePorts {
  readonly id: string;
  readonly place: string;
  readonly servers: Servers;
  readonly writer: Writer;
  readonly tables: Tables;
  readonly clock: Clock;
  readonly expectsStandby: boolean;
}

/** The state in PostgreSQL, shared by replicas. */
export class PostgresStore implements StateStore {
  readonly isShared = true;
  readonly id: string;
  readonly place: string;
  readonly #ports: PostgresStorePorts;
  readonly #writer: ComparedWriter;
  readonly #counters: Counters;
  #warnings: readonly string[] = [];
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(ports: PostgresStorePorts) {
    this.id = ports.id;
    this.place = ports.place;
    this.#ports = ports;
    this.#writer = new ComparedWriter(ports.writer);
    this.#counters = new Counters(this.#writer, ports.tables);
  }

  get warnings(): readonly string[] {
    return this.#warnings;
  }

  async get(name: DocumentName): Promise<StoredDocument | undefined> {
    assertDocumentName(name);
    const { documents } = this.#ports.tables;
    const [row] = await this.#read((query) =>
      query<DocumentRow>(
        `SELECT ${documentColumns(this.#ports.tables)} FROM ${documents} AS documents ` +
          'WHERE collection = $1 AND id = $2',
        [name.collection, name.id],
      ),
    );
    return row === undefined ? undefined : documentOf(row);
  }

  async list(collection: string): Promise<readonly StoredDocument[]> {
    assertCollection(collection);
    const { documents } = this.#ports.tables;
    const rows = await this.#read((query) =>
      query<DocumentRow>(
        `SELECT ${documentColumns(this.#ports.tables)} FROM ${documents} AS documents ` +
          'WHERE collection = $1 ORDER BY id',
        [collection],
      ),
    );
    return rows.map(documentOf);
  }

  async put(change: DocumentChange): Promise<StoredDocument> {
    assertDocumentChange(change);
    const { tables } = this.#ports;
    const token = this.#writer.token();
    return await this.#writer.change(
      (transaction) => replaceDocument(transaction, tables, change, token),
      (transaction) => readBack(transaction, tables, change, token),
    );
  }

  async changesSince(since: number, after?: number): Promise<Changes> {
    const { tables } = this.#ports;
    const changes = await this.#read((query) => readChanges(query, tables, since, after));
    const leftAside = [...changes.leftAside, ...this.#counters.leftAside];
    return { ...changes, leftAside };
  }

  async beginCounter(counter: string, start: number): Promise<void> {
    assertCounterName(counter);
    assertCount(start);
    await this.#counters.begin(counter, start);
  }

  async drawBlock(request: BlockRequest): Promise<CounterBlock | undefined> {
    assertBlockRequest(request);
    return await this.#counters.draw(request);
  }

  async drawBlocks(requests: readonly BlockRequest[]): Promise<readonly DrawnBlock[]> {
    requests.forEach(assertBlockRequest);
    return await this.#counters.drawMany(requests);
  }

  async readCounters(prefix: string): Promise<ReadonlyMap<string, number>> {
    const { counters } = this.#ports.tables;
    const rows = await this.#read((query) =>
      query<{ readonly name: string; readonly next: number }>(
        `SELECT name, next FROM ${counters} WHERE starts_with(name, $1) ORDER BY name`,
        [prefix],
      ),
    );
    return new Map(rows.map(({ name, next }) => [name, next]));
  }

  async raiseCounter(counter: string, by: number): Promise<void> {
    assertCounterName(counter);
    assertCount(by);
    await this.#counters.raise(counter, by);
  }

  async forgetCounters(prefix: string): Promise<void> {
    await this.#counters.forget(prefix);
  }

  async listUses(collection: string): Promise<ListedUses> {
    assertCollection(collection);
    return await this.#read((query) => listUses(query, this.#ports.tables, collection));
  }

  async putUses(changes: readonly UsesChange[]): Promise<readonly StoredUses[]> {
    changes.forEach(assertUsesChange);
    const named = changes.map((change) => ({ ...change, token: this.#writer.token() }));
    return await this.#writer.change((transaction) =>
      writeUses(transaction, this.#ports.tables, named),
    );
  }

  async renewLease(renewal: LeaseRenewal): Promise<void> {
    await this.look();
    await renewLease(this.#ports.writer, this.#ports.tables, renewal);
  }

  async endLease(replica: string): Promise<void> {
    await endLease(this.#ports.writer, this.#ports.tables, replica);
  }

  async noteLoss(known: HistoryMark, replica: string): Promise<void> {
    await noteLoss(this.#ports.writer, this.#ports.tables, known, replica);
  }

  async recover(
    newer: readonly StoredDocument[],
    highestRevision: number,
  ): Promise<readonly DocumentName[]> {
    const { writer, tables } = this.#ports;
    return await recoverStore(writer, tables, newer, highestRevision);
  }

  async close(): Promise<void> {
    this.#writer.close();
    await this.#ports.writer.settle();
    await this.#ports.servers.close();
  }

  /** Looks at the server's durability, now and then; without an answer, the warnings stay. */
  async look(): Promise<void> {
    const now = this.#ports.clock.monotonic();
    if (now - this.#lookedAt < LOOK_MS) return;
    this.#warnings = await this.#read((query) =>
      durabilityProblems(query, this.#ports.expectsStandby),
    );
    this.#lookedAt = now;
  }

  /** A connection that ended while nobody used it is found out by its use: another one is tried. */
  async #read<T>(work: (query: Ask) => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.#readOnce(work);
      } catch (error) {
        const isLost = error instanceof ConnectionLost && error.isWorthAnother;
        if (attempt > 0 || !isLost) throw asStateError(error);
      }
    }
  }

  async #readOnce<T>(work: (query: Ask) => Promise<T>): Promise<T> {
    const client = await this.#ports.servers.connect();
    let isLost = false;
    try {
      return await work((text, values) => ask(client, text, values));
    } catch (error) {
      isLost = error instanceof ConnectionLost;
      throw error;
    } finally {
      client.release(isLost);
    }
  }
}
