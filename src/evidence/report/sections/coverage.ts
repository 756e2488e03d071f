import type { Collector, Entry, CollectedFinding, SectionPlan } from '../model/collector.js';
import { type Row, shapeOf, type Table } from '../model/document.js';

interface LogCoverage {
  readonly log: string;
  readonly replicas: Set<string>;
  readonly origins: Set<string>;
  records: number;
  inPeriod: number;
  first: Entry['record'] | undefined;
  last: Entry['record'] | undefined;
  notRecords: number;
}

/** A log has one of each; a forged one can have any number. */
const MAX_NAMES = 20;

const LOGS = shapeOf('logs', 'Logs', {
  log: 'Folder',
  origin: 'Origin',
  replica: 'Replica',
  firstSequence: ['First sequence', 'id'],
  firstTime: ['First time', 'time'],
  lastSequence: ['Last sequence', 'id'],
  lastTime: ['Last time', 'time'],
  records: ['Records', 'count'],
  inPeriod: ['In the period', 'count'],
  notRecords: ['Lines that are no records', 'count'],
});

/** Makes the section about the logs that the report was made from, and how far they reach. */
export function coverageSection(coverage: CoverageCollector): SectionPlan {
  return {
    id: 'coverage',
    title: 'What this report covers',
    about:
      'The logs that were read, from their first record to their last. Records of other replicas, and those ' +
      'that retention has removed, are not in the report.',
    controls: [
      '10.2.1 audit logs are enabled and active; 10.3 logs are protected',
      'Art. 12(2)(d) protection of log information against tampering and deletion',
      'A.8.15',
      'Section 9 (audit)',
    ],
    collectors: [coverage],
  };
}

/** The extent of each log. */
export class CoverageCollector implements Collector {
  readonly #logs: LogCoverage[] = [];

  begin(log: string): void {
    const [replicas, origins] = [new Set<string>(), new Set<string>()];
    const [first, last] = [undefined, undefined];
    const counts = { records: 0, inPeriod: 0, notRecords: 0 };
    this.#logs.push({ log, replicas, origins, first, last, ...counts });
  }

  add({ record, inPeriod }: Entry): void {
    const log = this.#logs.at(-1);
    if (log === undefined) return;
    log.records += 1;
    if (inPeriod) log.inPeriod += 1;
    log.first ??= record;
    log.last = record;
    if (log.replicas.size < MAX_NAMES) log.replicas.add(record.replica);
    if (record.type === 'segment' && log.origins.size < MAX_NAMES) log.origins.add(record.origin);
  }

  /** A line that is no audit record. */
  addNotRecord(): void {
    const log = this.#logs.at(-1);
    if (log !== undefined) log.notRecords += 1;
  }

  totals(): Readonly<Record<string, number>> {
    return { Records: this.#logs.reduce((sum, { inPeriod }) => sum + inPeriod, 0) };
  }

  findings(): readonly CollectedFinding[] {
    const notRecords = this.#logs.reduce((sum, log) => sum + log.notRecords, 0);
    const empty = this.#logs.filter(({ inPeriod }) => inPeriod === 0).length;
    const where = LOGS.title;
    return [
      { level: 'wrong', count: notRecords, finding: 'Lines of the logs are no records.', where },
      { level: 'check', count: empty, finding: 'Logs have no record in the period.', where },
    ];
  }

  tables(): readonly Table[] {
    return [{ ...LOGS, rows: this.#logs.map(rowOf) }];
  }
}

function rowOf({ log, origins, replicas, first, last, ...counts }: LogCoverage): Row {
  return {
    log,
    origin: [...origins].join(', '),
    replica: [...replicas].join(', '),
    firstSequence: first?.sequence,
    firstTime: first?.time,
    lastSequence: last?.sequence,
    lastTime: last?.time,
    ...counts,
  };
}
