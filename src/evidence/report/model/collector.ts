import type { AuditRecord } from '../../../audit/record/index.js';
import type { Section } from './document.js';

/** A record and where it stands. */
export interface Entry {
  readonly record: AuditRecord;
  /** Whether its time lies in the period of the report. */
  readonly inPeriod: boolean;
  /** Whether its time lies before the end of the period. */
  readonly beforeEnd: boolean;
}

/** Takes up all records of all logs once, and makes a section of what it has kept of them. */
export interface Collector {
  /** Called before the records of each log. */
  begin?(log: string): void;
  /** Called for each record, log by log, each in its order. */
  add(entry: Entry): void;
  /** Called once, after the last record. */
  section(): Section;
}
