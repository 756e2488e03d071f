import {
  type DamagedDocument,
  type ListedUses,
  MAX_DOCUMENT_BYTES,
  type StoredUses,
  type UsesChange,
} from '../store.js';
import type { Tables } from './tables.js';
import type { Ask } from './transaction.js';
import type { Transaction } from './writer.js';

interface UsesRow {
  readonly collection: string;
  readonly id: string;
  readonly token: string;
  readonly format: number;
  /** Null for contents that are too long to be fetched. */
  readonly contents: string | null;
}

/** Reads the uses of a collection. What no replica writes is not fetched. */
export async function listUses(
  query: Ask,
  { uses }: Tables,
  collection: string,
): Promise<ListedUses> {
  const rows = await query<UsesRow>(
    'SELECT collection, id, token, format, ' +
      `CASE WHEN octet_length(contents) <= ${MAX_DOCUMENT_BYTES} THEN contents END AS contents ` +
      `FROM ${uses} WHERE collection = $1 ORDER BY id`,
    [collection],
  );
  return {
    uses: rows.flatMap(wholeOf),
    damaged: rows.filter(({ contents }) => contents === null).map(tooLong),
  };
}

/**
 * Writes uses where nothing is, or what they replace. Done twice, it finds its own tokens the
 * second time and writes nothing.
 */
export async function writeUses(
  { ask }: Transaction,
  { uses }: Tables,
  changes: readonly (UsesChange & { readonly token: string })[],
): Promise<readonly StoredUses[]> {
  // In one order, so that two replicas that tell at once do not wait for each other.
  const rows = changes.toSorted((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
  const column = <Name extends keyof (typeof rows)[number]>(name: Name) =>
    rows.map((row) => row[name] ?? null);
  const written = await ask<Pick<UsesRow, 'token'>>(
    `INSERT INTO ${uses} AS it (collection, id, token, replaces, format, contents) ` +
      'SELECT * FROM unnest' +
      '($1::text[], $2::text[], $3::text[], $4::text[], $5::int[], $6::text[]) ' +
      'ON CONFLICT (collection, id) DO UPDATE SET token = excluded.token, ' +
      'replaces = excluded.replaces, format = excluded.format, contents = excluded.contents ' +
      'WHERE it.token = excluded.replaces RETURNING token',
    [
      column('collection'),
      column('id'),
      column('token'),
      column('replaces'),
      column('format'),
      column('contents'),
    ],
  );
  const tokens = new Set(written.map(({ token }) => token));
  return rows
    .filter(({ token }) => tokens.has(token))
    .map(({ collection, id, token, format, contents }) => ({
      ...{ collection, id, token, format, contents },
    }));
}

function placeOf({ collection, id }: UsesChange): string {
  return `${collection}/${id}`;
}

function wholeOf({ contents, ...row }: UsesRow): StoredUses[] {
  return contents === null ? [] : [{ ...row, contents }];
}

function tooLong({ collection, id }: UsesRow): DamagedDocument {
  const problem =
    `the uses ${collection}/${id} have more than ${MAX_DOCUMENT_BYTES} bytes; somebody else has ` +
    'written to the table';
  return { collection, id, problem };
}
