import { z } from 'zod';
import { isTextAt } from '../read/line-chunks.js';
import { parseRecord } from '../read/records.js';
import { countSchema } from '../record/common.js';

/** Stands before the type of a record; quotes within a text are escaped. */
const TYPE = Buffer.from('"type":"');
/** Begins the types of the records that are looked at. */
const MARK = Buffer.from('re');

/**
 * The fields that are read of those records: a later version of the server may say more in them.
 */
const wordsSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('retention'),
    sequence: countSchema,
    firstSequence: countSchema,
    lastSequence: countSchema,
  }),
  z.object({
    type: z.literal('recovery'),
    sequence: countSchema,
    tornBytes: countSchema.optional(),
    unsignedFirst: countSchema.optional(),
    unsignedLast: countSchema.optional(),
    accepted: z.string().optional(),
    setAside: z
      .array(z.object({ file: z.string(), sizes: z.array(countSchema).optional() }))
      .optional(),
  }),
]);

/** Records from one to another, both in it. */
export interface RecordRange {
  readonly first: number;
  readonly last: number;
}

/** Records that a server has taken over although nothing was signed for them. */
export interface TakenOver extends RecordRange {
  /** Sequence of the record that says so. */
  readonly sequence: number;
  /** The operator's reason to accept it, in the operator's words. */
  readonly accepted: string | undefined;
}

/** The rest that a start has found behind the last whole record, or could not use. */
export interface LeftBehind {
  readonly sequence: number;
  readonly tornBytes: number;
  /** Names of the files that it has set aside. */
  readonly setAside: readonly string[];
  /** Sizes of the checkpoints in them. */
  readonly sizes: readonly number[];
}

/**
 * The log's own words about records that retention has removed, and that a server has taken over.
 */
export class OwnWords {
  readonly #removals: { readonly sequence: number; readonly removed: RecordRange }[] = [];
  readonly #takenOver: TakenOver[] = [];
  readonly #leftBehind: LeftBehind[] = [];

  /** Records that servers have taken over, whoever wrote them. */
  get takenOver(): readonly TakenOver[] {
    return this.#takenOver;
  }

  /** The rests that crashes, or others, have left behind. */
  get leftBehind(): readonly LeftBehind[] {
    return this.#leftBehind;
  }

  /**
   * @param line of the log, whatever it is
   * @param sequence its place in the log, whatever it says itself
   */
  add(line: Buffer, sequence: number): void {
    if (!isTelling(line)) return;
    const record = wordsSchema.safeParse(parseRecord(line)).data;
    // What says another number of itself says things twice, and readers differ in which they take.
    if (record?.sequence !== sequence) return;
    if (record.type === 'retention') {
      const { firstSequence: first, lastSequence: last } = record;
      if (last < sequence) this.#removals.push({ sequence, removed: { first, last } });
      return;
    }
    const { unsignedFirst: first, unsignedLast: last = sequence - 1, accepted } = record;
    if (first !== undefined) this.#takenOver.push({ first, last, sequence, accepted });
    const { tornBytes = 0, setAside = [] } = record;
    if (tornBytes === 0 && setAside.length === 0) return;
    const sizes = setAside.flatMap((aside) => aside.sizes ?? []);
    const files = setAside.map(({ file }) => file);
    this.#leftBehind.push({ sequence, tornBytes, setAside: files, sizes });
  }

  /**
   * Tells whether the server removed everything before a record. A record that is not signed
   * anybody can have added who has removed what it says; so can one that a server has taken over
   * unsigned, because a server signs such a record before it removes anything.
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

/** Tells whether a line may tell something of the log itself. */
function isTelling(line: Buffer): boolean {
  const typeAt = line.indexOf(TYPE);
  return typeAt >= 0 && isTextAt(line, MARK, typeAt + TYPE.length);
}
