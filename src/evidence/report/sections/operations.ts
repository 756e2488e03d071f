import type { RecordOf } from '../../../audit/record/index.js';
import type { Collector, Entry } from '../model/collector.js';
import { columns, type Section, type Table } from '../model/document.js';
import type { Timeline } from '../model/timeline.js';
import { Tally } from '../model/tally.js';
import { tallyTable } from '../model/tally-table.js';

type Operation = RecordOf<'key-operation'>;

/** For a field that a record has not. */
const NOT_RECORDED = '(not recorded)';

/** What operations are counted by: what an auditor asks first stands first. */
const DIMENSIONS: readonly {
  readonly key: string;
  readonly title: string;
  readonly of: (record: Operation) => string | undefined;
}[] = [
  { key: 'location', title: 'Location', of: ({ location }) => location },
  { key: 'externalKeyId', title: 'Key', of: ({ externalKeyId }) => externalKeyId },
  { key: 'awsPrincipalArn', title: 'Principal', of: ({ awsPrincipalArn }) => awsPrincipalArn },
  { key: 'awsAccount', title: 'Account', of: ({ awsAccount }) => awsAccount },
  { key: 'awsRegion', title: 'Region', of: ({ awsRegion }) => awsRegion },
  { key: 'kmsViaService', title: 'Service', of: ({ kmsViaService }) => kmsViaService },
  { key: 'operation', title: 'Operation', of: ({ operation }) => operation },
  { key: 'kmsOperation', title: 'KMS operation', of: ({ kmsOperation }) => kmsOperation },
  { key: 'keyStore', title: 'Key store', of: ({ keyStore }) => keyStore },
  { key: 'result', title: 'Result', of: resultOf },
];

/** Counts key operations by everything that an auditor asks for, and over time. */
export class OperationsCollector implements Collector {
  readonly #timeline: Timeline;
  readonly #limit: number;
  readonly #tallies = DIMENSIONS.map((dimension) => ({ ...dimension, tally: new Tally() }));
  readonly #steps: { success: number; failure: number }[];
  readonly #classes = new Tally();

  constructor(timeline: Timeline, limit: number) {
    this.#timeline = timeline;
    this.#limit = limit;
    this.#steps = Array.from({ length: timeline.steps }, () => ({ success: 0, failure: 0 }));
  }

  add({ record, inPeriod }: Entry): void {
    if (!inPeriod) return;
    const success = !('result' in record) || record.result === 'success';
    this.#classes.add([record.type], record.time, success);
    if (record.type !== 'key-operation') return;
    for (const { tally, of } of this.#tallies) {
      tally.add([of(record) ?? NOT_RECORDED], record.time, success);
    }
    const step = this.#steps[this.#timeline.stepOf(Date.parse(record.time))];
    if (step === undefined) return;
    if (success) step.success += 1;
    else step.failure += 1;
  }

  section(): Section {
    const limit = this.#limit;
    const tables = this.#tallies.map(({ key, title, tally }) =>
      tallyTable(tally, limit, {
        id: `operations-by-${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
        title: `By ${title.toLowerCase()}`,
        parts: { [key]: title },
        chart: true,
      }),
    );
    return {
      id: 'operations',
      title: 'Key operations',
      about:
        'Every use of an external key, or the attempt, by a caller with a credential of the key store. ' +
        'The location is that of the node which did the operation, as it is configured; an operation ' +
        'that no node did has none.',
      tables: [this.#overTime(), ...tables, this.#byType()],
    };
  }

  #overTime(): Table {
    return {
      id: 'operations-over-time',
      title: `Over time, by ${this.#timeline.stepText}`,
      columns: columns({ from: 'From (UTC)', success: 'Succeeded', failure: 'Failed' }),
      rows: this.#steps.map(({ success, failure }, step) => [
        this.#timeline.nameOf(step),
        success,
        failure,
      ]),
      chart: { kind: 'columns', label: 'from', values: ['success', 'failure'] },
    };
  }

  #byType(): Table {
    return tallyTable(this.#classes, Infinity, {
      id: 'records-by-type',
      title: 'All records of the period, by type',
      parts: { type: 'Type' },
    });
  }
}

function resultOf({ result, errorName }: Operation): string {
  return result === 'success' ? 'success' : (errorName ?? 'failure');
}
