import { parseRecord } from '../read/records.js';
import { auditRecordSchema, type AuditRecord } from '../record/index.js';

/** Begins the type of the records that are looked at, in lines that nobody has to parse. */
const MARK = Buffer.from('"type":"re');

/** From one record to another, both in it. */
interface Range {
  readonly first: number;
  readonly last: number;
}

/** What a log says itself about its records that retention has removed. */
export class RemovalRecords {
  readonly #removals: { readonly sequence: number; readonly removed: Range }[] = [];
  /** Records that a server has taken over unsigned, whoever wrote them. */
  readonly #takenOver: Range[] = [];

  /**
   * @param line of the log, whatever it is
   * @param sequence its place in the log, whatever it says itself
   */
  add(line: Buffer, sequence: number): void {
    if (!line.includes(MARK)) return;
    const record = strictlyParsed(line);
    // What says another number of itself says things twice, and readers differ in which they take.
    if (record?.sequence !== sequence) return;
    if (record.type === 'retention' && record.lastSequence < sequence) {
      const removed = { first: record.firstSequence, last: record.lastSequence };
      this.#removals.push({ sequence, removed });
    } else if (record.type === 'recovery' && record.unsignedFirst !== undefined) {
      this.#takenOver.push({ first: record.unsignedFirst, last: record.unsignedLast ?? sequence });
    }
  }

  /**
   * Whether everything before a record was removed by the server. A record that is not signed anybody
   * can have added who has removed what it says; so can one that a server has taken over unsigned,
   * because a server signs such a record before it removes anything.
   *
   * @param vouchedBefore where the signatures end
   */
  explain(first: number, vouchedBefore: number): boolean {
    return this.#removals.some(
      ({ sequence, removed }) =>
        sequence < vouchedBefore &&
        removed.last + 1 >= first &&
        !this.#takenOver.some((range) => range.first <= sequence && sequence <= range.last),
    );
  }
}

function strictlyParsed(line: Buffer): AuditRecord | undefined {
  try {
    return auditRecordSchema.safeParse(parseRecord(line)).data;
  } catch {
    // A line that was damaged says nothing. That it was damaged is found elsewhere.
    return undefined;
  }
}
