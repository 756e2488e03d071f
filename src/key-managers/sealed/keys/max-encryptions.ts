import { RANDOM_IV_LIMIT } from '../../counting/counting-limits.js';

/**
 * Half of the encryptions that random IVs allow under one key. The other half is the margin for a
 * count that came back from an old backup.
 */
export const MAX_ENCRYPTIONS = RANDOM_IV_LIMIT / 2;
