import type { Tables } from './tables.js';
import type { Ask } from './transaction.js';

/**
 * The cluster that answers, its timeline, and its tables, in SQL: another timeline after a
 * promotion, another cluster or other tables in a restored backup. A dump makes tables in the order
 * of their names, so that it never gives both of these their numbers back.
 */
export function presentPlace({ store, counters }: Tables): string {
  return (
    "((SELECT system_identifier FROM pg_control_system()) || '/' || " +
    "substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) || '/' || " +
    `'${store}'::regclass::oid || '.' || '${counters}'::regclass::oid)`
  );
}

/**
 * The condition of a store that is where it was, in SQL. A time that is still to come is no move's:
 * everybody would wait until then.
 */
export function inPlace(tables: Tables): string {
  return `(place = ${presentPlace(tables)} AND place_since <= clock_timestamp())`;
}

/** The part of a place that says which tables it is of, in SQL. */
const tablesOf = (place: string) => `split_part(${place}, '/', 3)`;

/** The blocks of the size of its largest that a counter jumps over when the store moves. */
const JUMPED_BLOCKS = 2;
/** The size that is taken for the largest where no drawing is left that tells one. */
const FIRST_BLOCK = 65_536;

/**
 * Notes where the store is now, once. The counters jump over what a process may have drawn last
 * that is gone as well, and so cannot find out that its drawing is lost. How much a restored dump
 * lacks nobody knows: it has gone back, whatever it is behind.
 */
export async function noteMove(ask: Ask, tables: Tables): Promise<void> {
  const { store, counters } = tables;
  const present = presentPlace(tables);
  const moved = await ask(
    `UPDATE ${store} SET place = ${present}, place_since = clock_timestamp(), ` +
      `gone_back = gone_back OR ${tablesOf('place')} NOT IN ('', ${tablesOf(present)}) ` +
      `WHERE NOT ${inPlace(tables)} RETURNING place`,
  );
  if (moved.length === 0) return;
  await ask(
    // A number that is out of all bounds would keep every other counter from being raised.
    `UPDATE ${counters} SET next = least(next::numeric + ${JUMPED_BLOCKS} * ` +
      `CASE largest WHEN 0 THEN ${FIRST_BLOCK} ELSE largest END, ${Number.MAX_SAFE_INTEGER})`,
  );
}
