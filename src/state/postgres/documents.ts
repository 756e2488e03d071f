import { parsedJson } from '../../shared/parsed-json.js';
import { StateError } from '../errors.js';
import {
  type DamagedDocument,
  type DocumentChange,
  MAX_DOCUMENT_BYTES,
  type StoredDocument,
} from '../store.js';
import type { Tables } from './tables.js';
import type { Transaction } from './writer.js';

/** A document as its row has it. */
export interface DocumentRow {
  readonly collection: string;
  readonly id: string;
  readonly revision: number;
  readonly format: number;
  /** Null also for contents that are too long to be fetched. */
  readonly contents: string | null;
  /** The length of the contents; null for a tombstone. */
  readonly bytes: number | null;
  /** True for a revision that no change has made. */
  readonly is_foreign: boolean;
}

/**
 * The highest revision that is believed: a change a microsecond comes there in 35 years. Remembered
 * by replicas, a higher one would leave no number for what comes after it, nor a way back.
 */
export const MAX_REVISION = 2 ** 50;

const NAMED_COLUMNS = 'collection, id, revision, format, contents';

/**
 * The columns of {@link DocumentRow}, in a statement that calls the table `documents`. Somebody
 * else may have written to it: what no replica writes is not fetched.
 */
export function documentColumns(tables: Tables): string {
  return (
    'documents.collection, documents.id, documents.revision, documents.format, ' +
    'octet_length(documents.contents) AS bytes, ' +
    `CASE WHEN octet_length(documents.contents) <= ${MAX_DOCUMENT_BYTES} ` +
    `THEN documents.contents END AS contents, ${isForeign(tables)} AS is_foreign`
  );
}

/** The token of a revision that somebody else has given to a document, in SQL. */
const FOREIGN = "('foreign ' || documents.revision)";

/** The condition of a document of a revision that changes have passed over, in SQL. */
export function isForeign({ revisions }: Tables): string {
  return (
    `EXISTS (SELECT FROM ${revisions} AS made ` +
    `WHERE made.revision = documents.revision AND made.token = ${FOREIGN})`
  );
}

/**
 * Tells what is wrong with a document; undefined where nothing is.
 *
 * @param highest the revision of the store
 */
export function damageOf(
  { collection, id, revision, contents, bytes, is_foreign }: DocumentRow,
  highest = Number.MAX_SAFE_INTEGER,
): DamagedDocument | undefined {
  const tell = (what: string): DamagedDocument => {
    const problem = `${id} is damaged: ${what}; somebody else has written to the table`;
    return { collection, id, problem };
  };
  if (revision < 1 || revision > highest || is_foreign)
    return tell('its revision is none of the store');
  if (bytes !== null && contents === null) {
    return tell(`it has ${bytes} bytes, and the most are ${MAX_DOCUMENT_BYTES}`);
  }
  if (contents === null || parsedJson(contents) !== undefined) return undefined;
  return tell('its contents are no JSON');
}

/** Makes a document of its row. @throws StateError `damaged` */
export function documentOf(row: DocumentRow): StoredDocument {
  const { collection, id, revision, format, contents } = row;
  const damage = damageOf(row);
  if (damage === undefined) {
    return { collection, id, revision, format, contents: contents ?? undefined };
  }
  throw new StateError('damaged', `the document ${collection}/${damage.problem}`);
}

/**
 * Raises the revision of the store, which other transactions then wait for, and gives it a token.
 * Passes over what somebody else has taken, in steps that grow: it holds up no change.
 *
 * @param above the revision that the new one has to be above as well
 * @returns the new revision
 */
export async function raiseRevision(
  { ask }: Pick<Transaction, 'ask'>,
  tables: Tables,
  token: string,
  above = 0,
): Promise<number> {
  let first: number | undefined;
  for (let step = 0, floor = above; ; step = 2 * step + 1) {
    const [raised] = await ask<{ readonly revision: number }>(
      `UPDATE ${tables.store} SET revision = greatest(revision, $2) + 1, token = $1 ` +
        'RETURNING revision',
      [token, floor],
    );
    if (raised === undefined) throw new StateError('gone-back', 'the state store has become empty');
    const { revision } = raised;
    const taken = await ask(
      `INSERT INTO ${tables.revisions} SELECT $1, $2 ` +
        `WHERE NOT EXISTS (SELECT FROM ${tables.documents} WHERE revision = $1) ` +
        'ON CONFLICT (revision) DO NOTHING RETURNING revision',
      [revision, token],
    );
    if (taken.length > 0) {
      if (first !== undefined) await markForeign({ ask }, tables, first, revision);
      return revision;
    }
    first ??= revision;
    floor = revision + step;
  }
}

/** Marks the documents of revisions that are passed over, so that they count for nothing. */
async function markForeign(
  { ask }: Pick<Transaction, 'ask'>,
  { revisions, documents }: Tables,
  first: number,
  before: number,
): Promise<void> {
  await ask(
    `INSERT INTO ${revisions} SELECT revision, ${FOREIGN} FROM ${documents} AS documents ` +
      'WHERE revision >= $1 AND revision < $2 ON CONFLICT (revision) DO NOTHING',
    [first, before],
  );
}

/** Writes a document at a revision, over what is there. */
export async function writeDocument(
  { ask }: Pick<Transaction, 'ask'>,
  tables: Tables,
  { collection, id, revision, format, contents }: StoredDocument,
): Promise<void> {
  await ask(
    `INSERT INTO ${tables.documents} (${NAMED_COLUMNS}) VALUES ($1, $2, $3, $4, $5) ` +
      'ON CONFLICT (collection, id) DO UPDATE SET revision = excluded.revision, ' +
      'format = excluded.format, contents = excluded.contents',
    [collection, id, revision, format, contents],
  );
}

/** Replaces a document if it is still at the revision that the change replaces. */
export async function replaceDocument(
  transaction: Transaction,
  tables: Tables,
  change: DocumentChange,
  token: string,
): Promise<StoredDocument> {
  const revision = await raiseRevision(transaction, tables, token);
  const { collection, id, format, contents, replaces } = change;
  const [row] = await transaction.ask<DocumentRow>(
    `SELECT ${documentColumns(tables)} FROM ${tables.documents} AS documents ` +
      'WHERE collection = $1 AND id = $2',
    [collection, id],
  );
  const found = row === undefined ? undefined : documentOf(row);
  if ((found?.revision ?? 0) !== replaces) throw conflict(change, found?.revision);
  const document = { collection, id, revision, format, contents };
  await writeDocument(transaction, tables, document);
  return document;
}

/** Reads whether a change is made whose commit has an unknown outcome. */
export async function readBack(
  { ask }: Transaction,
  tables: Tables,
  { collection, id, format, contents }: DocumentChange,
  token: string,
): Promise<StoredDocument> {
  const [row] = await ask<{ readonly revision: number }>(
    `SELECT revision FROM ${tables.revisions} WHERE token = $1`,
    [token],
  );
  if (row !== undefined) return { collection, id, revision: row.revision, format, contents };
  throw new StateError('unavailable', 'the state store has not committed the change');
}

function conflict({ collection, id, replaces }: DocumentChange, found?: number): StateError {
  const expected = replaces === 0 ? 'should not be there' : `should be at revision ${replaces}`;
  const is = found === undefined ? 'is not there' : `is at revision ${found}`;
  return new StateError('conflict', `the document ${collection}/${id} ${expected}, and ${is}`);
}
