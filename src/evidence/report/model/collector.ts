import type { AuditRecord, AuditRecordType } from '../../../audit/record/index.js';
import type { Table } from './document.js';

/** A record and its place in time. */
export interface Entry<Record extends AuditRecord = AuditRecord> {
  readonly record: Record;
  /** Its time, in ms since 1970; NaN for none. */
  readonly timeMs: number;
  /** True when its time lies in the period of the report. */
  readonly inPeriod: boolean;
  /** True when its time lies before the end of the period. */
  readonly beforeEnd: boolean;
}

/**
 * The weight of a finding: `wrong`, the evidence itself is damaged, incomplete or not
 * vouched for; `check`, somebody has to explain it; `note`, good to know.
 */
export type FindingLevel = 'wrong' | 'check' | 'note';

/** Something that a reader must look at before everything else. */
export interface CollectedFinding {
  readonly level: FindingLevel;
  /** Number of the things that it is about; 0 is no finding. */
  readonly count: number;
  /** The finding, in one sentence. */
  readonly finding: string;
  /** Title of the table that has the details. */
  readonly where: string;
}

/** Takes up the records of all logs once, and makes tables of what it has kept of them. */
export interface Collector {
  /** Types of the records that it takes up; undefined: all. */
  readonly types?: readonly AuditRecordType[];
  /** Called before the records of each log. */
  begin?(log: string): void;
  /** Called for each record, log by log, each in its order. */
  add(entry: Entry): void;
  /** Called once, after the last record. */
  tables?(): readonly Table[];
  /** Called once, after the last record. */
  findings?(): readonly CollectedFinding[];
  /** Called once, after the last record: numbers for the summary, by what they count. */
  totals?(): Readonly<Record<string, number>>;
}

/** A section of a report, before its records are read. */
export interface SectionPlan {
  readonly id: string;
  readonly title: string;
  /** Explanation of the tables and of where they come from. */
  readonly about: string;
  /** Controls that the section can be shown for. */
  readonly controls: readonly [pciDss: string, dora: string, iso27001: string, nist80057: string];
  /** In the order of their tables. */
  readonly collectors: readonly Collector[];
}
