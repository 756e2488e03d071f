import { StateError } from '../errors.js';
import type { Changes, Lease, StoredDocument } from '../store.js';
import { DOCUMENT_COLUMNS, type DocumentRow, damageOf, documentOf } from './documents.js';
import type { Tables } from './tables.js';
import type { Ask } from './transaction.js';

interface StoreRow {
  readonly store_id: string;
  readonly store_revision: number;
  readonly store_token: string;
}

interface PolledRow extends StoreRow {
  readonly format: number;
  readonly token_then: string | null;
  readonly leases: readonly Lease[] | null;
}

const STORE_COLUMNS =
  'store.id AS store_id, store.revision AS store_revision, store.token AS store_token';

/**
 * Reads what has changed. Where nothing has, that is one statement, and so one round trip: every
 * replica asks ten times a second.
 */
export async function readChanges(ask: Ask, tables: Tables, since: number): Promise<Changes> {
  const [polled] = await ask<PolledRow>(pollStatement(tables), [since]);
  if (polled === undefined) throw new StateError('gone-back', 'the state store has become empty');
  const base = {
    tokenThen: polled.token_then ?? undefined,
    format: polled.format,
    leases: polled.leases ?? [],
  };
  if (polled.store_revision <= since) {
    return { mark: markOf(polled), ...base, documents: [], damaged: [] };
  }
  // One statement sees one moment: the documents are those of the place that is read with them.
  const rows = await ask<StoreRow & DocumentRow>(
    `SELECT ${STORE_COLUMNS}, ${DOCUMENT_COLUMNS.replaceAll(/\w+/g, 'documents.$&')} ` +
      `FROM ${tables.store} AS store CROSS JOIN ${tables.documents} AS documents ` +
      'WHERE documents.revision > $1 ORDER BY documents.revision',
    [since],
  );
  const damaged = rows.flatMap((row) => damageOf(row) ?? []);
  const whole = damaged.length === 0 ? rows : rows.filter((row) => damageOf(row) === undefined);
  return { mark: markOf(rows[0] ?? polled), ...base, documents: whole.map(plain), damaged };
}

function plain({ collection, id, revision, format, contents }: DocumentRow): StoredDocument {
  return documentOf({ collection, id, revision, format, contents });
}

function markOf({ store_id, store_revision, store_token }: StoreRow): Changes['mark'] {
  return { storeId: store_id, revision: store_revision, token: store_token };
}

function pollStatement({ store, revisions, leases }: Tables): string {
  return `SELECT ${STORE_COLUMNS}, store.format,
    (SELECT token FROM ${revisions} WHERE revision = $1) AS token_then,
    (SELECT json_agg(json_build_object(
       'replica', replica, 'name', name, 'version', version, 'format', format,
       'applied', applied, 'endsInMs', left_ms)) FROM (
      SELECT *, extract(epoch FROM ends_at - clock_timestamp())::float8 * 1000 AS left_ms
      FROM ${leases} ORDER BY replica) AS every_lease WHERE left_ms > 0) AS leases
    FROM ${store} AS store`;
}
