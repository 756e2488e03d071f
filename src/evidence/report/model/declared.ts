import type { AuditRecord, AuditRecordType, RecordOf } from '../../../audit/record/index.js';
import type { Collector, Entry, CollectedFinding } from './collector.js';
import type { Row } from './document.js';
import { type ListShape, RowList } from './row-list.js';
import { Tally, type TallyShape } from './tally.js';

/** The cell for a field that a record does not have. */
export const NONE = '(none)';

/**
 * Counts the records of a type in the period by a value, as a table of the highest counts.
 *
 * @param valueOf its parts; undefined for a record that does not count
 */
export function tallyOf<Type extends AuditRecordType>(
  type: Type,
  shape: TallyShape,
  valueOf: (record: RecordOf<Type>) => readonly string[] | undefined,
): Collector {
  const tally = new Tally(shape);
  return {
    types: [type],
    add: ({ record, timeMs, inPeriod }) => {
      if (!inPeriod || !isOf(record, type)) return;
      const value = valueOf(record);
      if (value !== undefined) tally.add(value, timeMs, isSuccess(record));
    },
    tables: () => [tally.table()],
  };
}

/**
 * Lists the records of some types.
 *
 * @param rowOf the row of a record in the period or out of it; undefined for one that is not listed
 */
export function listOf<Type extends AuditRecordType>(
  types: readonly Type[],
  shape: ListShape,
  rowOf: (entry: Entry<RecordOf<Type>>, log: string) => Row | undefined,
): Collector {
  const list = new RowList(shape);
  let log = '';
  return {
    types,
    begin: (name) => {
      log = name;
    },
    add: ({ record, ...place }) => {
      const type = types.find((each) => each === record.type);
      if (type === undefined || !isOf(record, type)) return;
      const row = rowOf({ record, ...place }, log);
      if (row !== undefined) list.add(row);
    },
    tables: () => [list.table()],
  };
}

/**
 * Counts what records of a type in the period say, for a finding.
 *
 * @param countOf how many of what the finding says a record tells
 */
export function findingOf<Type extends AuditRecordType>(
  type: Type,
  finding: Omit<CollectedFinding, 'count'>,
  countOf: (record: RecordOf<Type>) => number | boolean,
): Collector {
  const { add, count } = counter(type, countOf);
  return { types: [type], add, findings: () => [{ ...finding, count: count() }] };
}

/** Counts the same for a number of the summary. */
export function totalOf<Type extends AuditRecordType>(
  type: Type,
  what: string,
  countOf: (record: RecordOf<Type>) => number | boolean,
): Collector {
  const { add, count } = counter(type, countOf);
  return { types: [type], add, totals: () => ({ [what]: count() }) };
}

/** The value of a field that a record has not. */
export const NOT_RECORDED = '(not recorded)';

/** Tells whether something was done. A record without a result tells of something that was. */
export function isSuccess(record: AuditRecord): boolean {
  return !('result' in record) || record.result === 'success';
}

function counter<Type extends AuditRecordType>(
  type: Type,
  countOf: (record: RecordOf<Type>) => number | boolean,
) {
  let sum = 0;
  return {
    add: ({ record, inPeriod }: Entry) => {
      if (inPeriod && isOf(record, type)) sum += Number(countOf(record));
    },
    count: () => sum,
  };
}

function isOf<Type extends AuditRecordType>(
  record: AuditRecord,
  type: Type,
): record is RecordOf<Type> {
  return record.type === type;
}
