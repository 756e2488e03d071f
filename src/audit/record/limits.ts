/**
 * The longest record, in bytes of its line without the line feed: programs that read logs of this
 * kind give a record a length of two bytes.
 *
 * @see C2SP tlog-tiles, section Log Entries
 */
export const MAX_RECORD_BYTES = 65_535;

/** More than a line can take for its number and the hash of the line before, in bytes. */
export const ENVELOPE_BYTES = 160;

/** More than a record's time, replica (a host name has up to 253) and type can take, in bytes. */
const HEAD_BYTES = 384;

/** Room for everything else that a record says, as a JSON object. */
export const MAX_FIELDS_BYTES = MAX_RECORD_BYTES - ENVELOPE_BYTES - HEAD_BYTES;
