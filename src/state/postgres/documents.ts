import { parsedJson } from '../../shared/parsed-json.js';
import { StateError } from '../errors.js';
import type { DamagedDocument, DocumentChange, StoredDocument } from '../store.js';
import type { Tables } from './tables.js';
import type { Transaction } from './writer.js';

/** A document as its row has it. */
export interface DocumentRow {
  readonly collection: string;
  readonly id: string;
  readonly revision: number;
  readonly format: number;
  readonly contents: string | null;
}

/** The columns of {@link DocumentRow}. */
export const DOCUMENT_COLUMNS = 'collection, id, revision, format, contents';

/** Tells what is wrong with a document; undefined where nothing is. */
export function damageOf({ collection, id, contents }: DocumentRow): DamagedDocument | undefined {
  if (contents === null || parsedJson(contents) !== undefined) return undefined;
  const problem = 'its contents are no JSON; somebody else has written to the table';
  return { collection, id, problem };
}

/** Makes a document of its row. @throws StateError `damaged` */
export function documentOf(row: DocumentRow): StoredDocument {
  const damage = damageOf(row);
  if (damage === undefined) return { ...row, contents: row.contents ?? undefined };
  const { collection, id, problem } = damage;
  throw new StateError('damaged', `the document ${collection}/${id} is damaged: ${problem}`);
}

/**
 * Raises the revision of the store, which other transactions then wait for, and gives it a token.
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
  const [raised] = await ask<{ readonly revision: number }>(
    `UPDATE ${tables.store} SET revision = greatest(revision, $2) + 1, token = $1 ` +
      'RETURNING revision',
    [token, above],
  );
  if (raised === undefined) throw new StateError('gone-back', 'the state store has become empty');
  await ask(`INSERT INTO ${tables.revisions} VALUES ($1, $2)`, [raised.revision, token]);
  return raised.revision;
}

/** Writes a document at a revision, over what is there. */
export async function writeDocument(
  { ask }: Pick<Transaction, 'ask'>,
  tables: Tables,
  { collection, id, revision, format, contents }: StoredDocument,
): Promise<void> {
  await ask(
    `INSERT INTO ${tables.documents} (${DOCUMENT_COLUMNS}) VALUES ($1, $2, $3, $4, $5) ` +
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
    `SELECT ${DOCUMENT_COLUMNS} FROM ${tables.documents} WHERE collection = $1 AND id = $2`,
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
