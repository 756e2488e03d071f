import type { DocumentName, HistoryMark, StoredDocument } from '../store.js';
import { presentPlace } from './place.js';
import { isForeign, raiseRevision, writeDocument } from './documents.js';
import type { Tables } from './tables.js';
import type { Ask } from './transaction.js';
import type { Writer } from './writer.js';

/**
 * Brings newer documents back, each at a revision of its own above all that anybody has seen, and
 * lets every replica begin anew: its beats are forgotten, and so is every count.
 */
export async function recoverStore(
  writer: Writer,
  tables: Tables,
  newer: readonly StoredDocument[],
  highestRevision: number,
): Promise<readonly DocumentName[]> {
  return await writer.unproved(async (transaction) => {
    const { ask } = transaction;
    await writer.assertSameStore(ask);
    // Waits for changes under way, and lets none begin.
    await ask(`LOCK TABLE ${tables.writers} IN EXCLUSIVE MODE`);
    const first = await raiseRevision(transaction, tables, writer.token(), highestRevision);
    const known = await revisionsOf(ask, tables, first);
    const lost = newer.filter((each) => each.revision > (known.get(nameOf(each)) ?? 0));
    const inOrder = lost.toSorted((a, b) => a.revision - b.revision);
    let revision = first;
    for (const [index, document] of inOrder.entries()) {
      if (index > 0) revision = await raiseRevision(transaction, tables, writer.token());
      await writeDocument(transaction, tables, { ...document, revision });
    }
    await ask(`DELETE FROM ${tables.counters}`);
    await ask(`DELETE FROM ${tables.writers}`);
    // No count is left that somebody could go on with, so nobody has to wait before the next block.
    await ask(
      `UPDATE ${tables.store} SET gone_back = false, recovered = $1, place = ${presentPlace(tables)}, ` +
        'place_since = to_timestamp(0)',
      [revision],
    );
    return inOrder.map(({ collection, id }) => ({ collection, id }));
  });
}

/**
 * Marks a store that has lost a place of its history, unless it was recovered since, and ends the
 * lease of the replica that knows the place.
 */
export async function noteLoss(
  writer: Writer,
  { store, revisions, leases }: Tables,
  { storeId, revision, token }: HistoryMark,
  replica: string,
): Promise<void> {
  await writer.unproved(async ({ ask }) => {
    await ask(
      `UPDATE ${store} SET gone_back = true WHERE NOT gone_back AND id = $1 AND recovered < $2 ` +
        'AND (revision < $2 OR ' +
        `NOT EXISTS (SELECT FROM ${revisions} WHERE revision = $2 AND token = $3))`,
      [storeId, revision, token],
    );
    await ask(`DELETE FROM ${leases} WHERE replica = $1`, [replica]);
  });
}

/** @param highest what is above it is none of the store's */
async function revisionsOf(
  ask: Ask,
  tables: Tables,
  highest: number,
): Promise<ReadonlyMap<string, number>> {
  const rows = await ask<{ collection: string; id: string; revision: number }>(
    `SELECT collection, id, revision FROM ${tables.documents} AS documents ` +
      `WHERE revision <= $1 AND NOT ${isForeign(tables)}`,
    [highest],
  );
  return new Map(rows.map((row) => [nameOf(row), row.revision]));
}

/** Neither part has a space in it. */
function nameOf({ collection, id }: DocumentName): string {
  return `${collection} ${id}`;
}
