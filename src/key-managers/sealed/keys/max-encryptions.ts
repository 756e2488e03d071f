/**
 * Half of the 2^32 encryptions that random 96-bit IVs allow under one key. The other half is the
 * margin for a count that came back from an old backup.
 *
 * @see NIST SP 800-38D, section 8.3
 */
export const MAX_ENCRYPTIONS = 2 ** 31;
