import type { Collector, Entry } from '../model/collector.js';
import { columns, type Section } from '../model/document.js';

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

/** Which logs the report was made from, and how far they reach. */
export class CoverageCollector implements Collector {
  readonly #logs: LogCoverage[] = [];

  begin(log: string): void {
    this.#logs.push({
      log,
      replicas: new Set(),
      origins: new Set(),
      records: 0,
      inPeriod: 0,
      first: undefined,
      last: undefined,
      notRecords: 0,
    });
  }

  add({ record, inPeriod }: Entry): void {
    const log = this.#logs.at(-1);
    if (log === undefined) return;
    log.records += 1;
    if (inPeriod) log.inPeriod += 1;
    log.first ??= record;
    log.last = record;
    log.replicas.add(record.replica);
    if (record.type === 'segment') log.origins.add(record.origin);
  }

  /** A line that is no audit record. */
  addNotRecord(): void {
    const log = this.#logs.at(-1);
    if (log !== undefined) log.notRecords += 1;
  }

  section(): Section {
    return {
      id: 'coverage',
      title: 'What this report covers',
      about: 'The logs that were read, from their first record to their last.',
      tables: [
        {
          id: 'logs',
          title: 'Logs',
          columns: columns({
            log: 'Folder',
            origin: 'Origin',
            replica: 'Replica',
            firstSequence: 'First sequence',
            firstTime: 'First time',
            lastSequence: 'Last sequence',
            lastTime: 'Last time',
            records: 'Records',
            inPeriod: 'In the period',
            notRecords: 'Lines that are no records',
          }),
          rows: this.#logs.map((log) => [
            log.log,
            [...log.origins].join(', '),
            [...log.replicas].join(', '),
            log.first?.sequence,
            log.first?.time,
            log.last?.sequence,
            log.last?.time,
            log.records,
            log.inPeriod,
            log.notRecords,
          ]),
        },
      ],
    };
  }
}
