import type { AuditRecord } from '../../../audit/record/index.js';
import type { Section } from './document.js';

/** A record and its place in time. */
export interface Entry {
  readonly record: AuditRecord;
  /** Its time, in ms since 1970; NaN for none. */
  readonly timeMs: number;
  /** Whether its time lies in the period of the report. */
  readonly inPeriod: boolean;
  /** Whether its time lies before the end of the period. */
  readonly beforeEnd: boolean;
}

/**
 * How a reader should take a finding: `wrong`, the evidence itself is damaged, incomplete or not
 * vouched for; `check`, somebody has to explain it; `note`, good to know.
 */
export type FindingLevel = 'wrong' | 'check' | 'note';

/** Something that a reader must look at before everything else. */
export interface ReportFinding {
  readonly level: FindingLevel;
  /** How many of what it says there are. */
  readonly count: number;
  /** One sentence. */
  readonly finding: string;
  /** Id of the section that has the details. */
  readonly section: string;
  /** Where exactly: a table's title, or an option of `audit query`. */
  readonly where: string;
}

/** Takes up all records of all logs once, and makes a section of what it has kept of them. */
export interface Collector {
  /** Called before the records of each log. */
  begin?(log: string): void;
  /** Called for each record, log by log, each in its order. */
  add(entry: Entry): void;
  /** Called once, after the last record. */
  section(): Section;
  /** Called once, after the last record. Those without a count are left out of the report. */
  findings?(): readonly ReportFinding[];
  /** Called once, after the last record: numbers for the summary, by what they count. */
  totals?(): Readonly<Record<string, number>>;
}
