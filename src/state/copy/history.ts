import type { HistoryMark } from '../store.js';

/** A store without a past. */
const NO_TOKEN = '0'.repeat(32);

/** The place of a copy that has seen nothing of a store yet. */
export function beginningOf(storeId: string): HistoryMark {
  return { storeId, revision: 0, token: NO_TOKEN };
}

/**
 * Compares what a replica knows of the store's history with what the store knows.
 *
 * @returns what is wrong, for operators; undefined where the store is where it should be
 */
export function lossOf(
  known: HistoryMark,
  mark: HistoryMark,
  tokenThen: string | undefined,
): string | undefined {
  if (mark.storeId !== known.storeId) {
    return `this is the state store ${mark.storeId}, and this replica has followed ${known.storeId}`;
  }
  // The tokens alone do not tell: somebody may have set back the store's row, and not them.
  const isBehind = mark.revision < known.revision;
  if (known.revision === 0 || (!isBehind && tokenThen === known.token)) return undefined;
  return (
    `this replica knows its revision ${known.revision}, and the store ` +
    (isBehind ? `is at ${mark.revision}` : 'has another one of that number') +
    '; run holdfast state recover'
  );
}
