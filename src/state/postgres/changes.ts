import { StateError } from '../errors.js';
import type { Changes, Lease, StoredDocument } from '../store.js';
import { type DocumentRow, damageOf, documentColumns, MAX_REVISION } from './documents.js';
import { LIVE_LEASE, STRAY_LEASE } from './leases.js';
import type { Tables } from './tables.js';
import type { Ask } from './transaction.js';

interface StoreRow {
  readonly store_id: string;
  readonly store_revision: number;
  readonly store_token: string;
}

/** Characters of a lease's name and version that are read. */
const MAX_NAME = 256;
/**
 * Leases that are read, those first that have applied least: of more, only what is settled would
 * have to be known.
 */
const MAX_LEASES = 1_000;

/** Leases of nobody that are named; of more, these have to go first. */
const MAX_NAMED = 5;

interface PolledRow extends StoreRow {
  readonly format: number;
  readonly token_then: string | null;
  readonly leases: readonly Lease[] | null;
  /** The names of leases that are no replica's. */
  readonly strays: readonly string[] | null;
  /** True where tokens or documents have a revision that the store has not come to. */
  readonly is_ahead: boolean | null;
}

/** Rows of one answer: those of all at once would stay in memory long after they are used. */
const MAX_ROWS = 1_000;

const STORE_COLUMNS =
  'store.id AS store_id, store.revision AS store_revision, left(store.token, 33) AS store_token';
const TOKEN = /^[0-9a-f]{32}$/;

/**
 * Reads what has changed. Where nothing has, that is one statement, and so one round trip: every
 * replica asks ten times a second.
 *
 * @param after the revision up to which the documents are read already
 */
export async function readChanges(
  ask: Ask,
  tables: Tables,
  since: number,
  after = since,
): Promise<Changes> {
  const polled = await poll(ask, tables, since);
  const { format } = polled;
  const tokenThen = polled.token_then ?? undefined;
  if (polled.store_revision <= after) {
    const told = { mark: markOf(polled), tokenThen, format, ...leasesOf(polled) };
    return { ...told, documents: [], damaged: [] };
  }
  const { place = polled, rows, next } = await readPage(ask, tables, after);
  const damages = rows.map((row) => damageOf(row, row.store_revision));
  const damaged = damages.flatMap((damage) => damage ?? []);
  const documents = rows.filter((_, index) => damages[index] === undefined).map(plain);
  // After the documents: a replica whose lease is not among these asks after this moment, and so it
  // has all that is read here before it counts as live. Leases from before could be settled by one
  // that took its lease, and asked, in between.
  const leases = leasesOf(await poll(ask, tables, since));
  return { mark: markOf(place), tokenThen, format, ...leases, documents, next, damaged };
}

/** The leases that count, and what is to be said of the others. */
function leasesOf(polled: PolledRow): Pick<Changes, 'leases' | 'leftAside'> {
  const leases = polled.leases ?? [];
  const leftAside = [
    ...(leases.length < MAX_LEASES ? [] : [TOO_MANY]),
    ...(polled.is_ahead === true ? [AHEAD] : []),
    ...strayLeases(polled),
  ];
  return { leases, leftAside };
}

const TOO_MANY = `the state store has ${MAX_LEASES} leases or more: those that have applied most are left aside`;
const AHEAD =
  'the tables of the state store have rows of revisions that it has not come to: somebody else has ' +
  'written them, and changes pass over their numbers';

function strayLeases({ strays }: PolledRow): readonly string[] {
  return (strays ?? []).map(
    (name) =>
      `the lease of ${JSON.stringify(name)} in the state store ends later than any that a replica ` +
      'takes, and counts for nothing: somebody else has written it, or the clock of the database ' +
      'was set back. If no such replica runs, delete the row',
  );
}

/** One statement sees one moment: the documents are those of the place that is read with them. */
async function readPage(ask: Ask, tables: Tables, after: number) {
  const rows = await ask<StoreRow & DocumentRow>(
    `SELECT ${STORE_COLUMNS}, ${documentColumns(tables)} ` +
      `FROM ${tables.store} AS store CROSS JOIN ${tables.documents} AS documents ` +
      `WHERE documents.revision > $1 ORDER BY documents.revision LIMIT ${MAX_ROWS}`,
    [after],
  );
  const last = rows.length < MAX_ROWS ? undefined : rows.at(-1);
  // Above the store's own revision there are rows of others alone. Whoever went on after one of
  // those would pass over the changes that have yet to come.
  const isLast = last === undefined || last.revision >= last.store_revision;
  return { place: rows[0], rows, next: isLast ? undefined : last.revision };
}

async function poll(ask: Ask, tables: Tables, since: number): Promise<PolledRow> {
  const [polled] = await ask<PolledRow>(pollStatement(tables), [since]);
  if (polled === undefined) throw new StateError('gone-back', 'the state store has become empty');
  const { store_revision, store_token } = polled;
  if (!(store_revision <= MAX_REVISION) || !TOKEN.test(store_token)) {
    throw new StateError(
      'damaged',
      'the row of the state store is not as Holdfast writes it; somebody else has written to it',
    );
  }
  return polled;
}

function plain({ collection, id, revision, format, contents }: DocumentRow): StoredDocument {
  return { collection, id, revision, format, contents: contents ?? undefined };
}

function markOf({ store_id, store_revision, store_token }: StoreRow): Changes['mark'] {
  return { storeId: store_id, revision: store_revision, token: store_token };
}

function pollStatement({ store, revisions, documents, leases }: Tables): string {
  return `SELECT ${STORE_COLUMNS}, store.format,
    (SELECT left(token, 33) FROM ${revisions} WHERE revision = $1) AS token_then,
    (SELECT json_agg(json_build_object(
       'replica', replica, 'name', left(name, ${MAX_NAME}), 'version', left(version, ${MAX_NAME}),
       'format', format, 'applied', least(greatest(applied, 0), ${Number.MAX_SAFE_INTEGER}),
       'endsInMs', extract(epoch FROM ends_at - clock_timestamp())::float8 * 1000)) FROM (
      SELECT * FROM ${leases} WHERE ${LIVE_LEASE} ORDER BY applied, replica LIMIT ${MAX_LEASES}
      ) AS live) AS leases,
    (SELECT json_agg(left(name, ${MAX_NAME})) FROM (
      SELECT name FROM ${leases} WHERE ${STRAY_LEASE} ORDER BY name, replica LIMIT ${MAX_NAMED}
      ) AS stray) AS strays,
    greatest((SELECT max(revision) FROM ${revisions}), (SELECT max(revision) FROM ${documents}))
      > store.revision AS is_ahead
    FROM ${store} AS store`;
}
