import { parseRecord } from '../read/records.js';

/** Marks a record that tells of removed segments, in a line that nobody has to parse. */
const MARK = '"type":"retention"';

/** What a log says itself about its records that retention has removed. */
export class RetentionRecords {
  readonly #records: { readonly sequence: number; readonly lastSequence: number }[] = [];

  /** @param line of the log, whatever it is */
  add(line: Buffer): void {
    if (!line.includes(MARK)) return;
    try {
      const record = parseRecord(line);
      if (record.type === 'retention') this.#records.push(record);
    } catch {
      // A line that was damaged says nothing. That it was damaged is found elsewhere.
    }
  }

  /**
   * Before which record everything was removed.
   *
   * @param vouchedBefore where the signatures end: a record behind that, anybody can have added, who
   *   has removed what it says
   * @returns 0 where nothing was
   */
  removedBefore(vouchedBefore: number): number {
    const vouched = this.#records.filter(({ sequence }) => sequence < vouchedBefore);
    return Math.max(0, ...vouched.map(({ lastSequence }) => lastSequence + 1));
  }
}
