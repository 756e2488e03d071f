/**
 * The longest record, in bytes of its line without the line feed: programs that read logs of this
 * kind give a record a length of two bytes.
 *
 * @see C2SP tlog-tiles, section Log Entries
 */
export const MAX_RECORD_BYTES = 65_535;
