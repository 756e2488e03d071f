import type { Tables } from './tables.js';
import type { Ask } from './transaction.js';

/**
 * The cluster that answers and its timeline, in SQL: another one after a promotion, or in a
 * restored backup.
 */
export const PRESENT_PLACE =
  "((SELECT system_identifier FROM pg_control_system()) || '/' || " +
  'substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))';

/** The blocks of the size of its largest that a counter jumps over when the store moves. */
const JUMPED_BLOCKS = 2;
/** The size that is taken for the largest where no drawing is left that tells one. */
const FIRST_BLOCK = 65_536;

/**
 * Notes where the store is now, once. The counters jump over what a process may have drawn last
 * that is gone as well, and so cannot find out that its drawing is lost.
 */
export async function noteMove(ask: Ask, { store, counters }: Tables): Promise<void> {
  const moved = await ask(
    `UPDATE ${store} SET place = ${PRESENT_PLACE}, place_since = clock_timestamp() ` +
      `WHERE place <> ${PRESENT_PLACE} RETURNING place`,
  );
  if (moved.length === 0) return;
  await ask(
    `UPDATE ${counters} SET next = next + ${JUMPED_BLOCKS} * ` +
      `CASE largest WHEN 0 THEN ${FIRST_BLOCK} ELSE largest END`,
  );
}
