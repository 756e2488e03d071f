import type { RecordOf } from '../../../audit/record/index.js';
import type { Collector, Entry, ReportFinding } from '../model/collector.js';
import { columns, type Section, type Table } from '../model/document.js';
import type { Timeline } from '../model/timeline.js';
import { Tally } from '../model/tally.js';

type Operation = RecordOf<'key-operation'>;

/** For a field that a record has not. */
const NOT_RECORDED = '(not recorded)';
/** Errors that are answered because something failed, and not because of who asked or for what. */
const FAILURES: ReadonlySet<string> = new Set(['InternalException', 'DependencyTimeoutException']);
const MAX_TYPES = 100;

/** Dimensions that operations are counted by: what an auditor asks first stands first. */
const DIMENSIONS: readonly (readonly [
  key: string,
  title: string,
  of: (record: Operation) => string | undefined,
])[] = [
  ['location', 'Location', ({ location }) => location],
  ['externalKeyId', 'Key', ({ externalKeyId }) => externalKeyId],
  ['awsPrincipalArn', 'Principal', ({ awsPrincipalArn }) => awsPrincipalArn],
  ['awsAccount', 'Account', ({ awsAccount }) => awsAccount],
  ['awsRegion', 'Region', ({ awsRegion }) => awsRegion],
  ['kmsViaService', 'Service', ({ kmsViaService }) => kmsViaService],
  ['operation', 'Operation', ({ operation }) => operation],
  ['kmsOperation', 'KMS operation', ({ kmsOperation }) => kmsOperation],
  ['keyStore', 'Key store', ({ keyStore }) => keyStore],
  ['result', 'Result', resultOf],
];

/** Counts key operations by everything that an auditor asks for, and over time. */
export class OperationsCollector implements Collector {
  readonly #timeline: Timeline;
  readonly #tallies: readonly {
    readonly tally: Tally;
    readonly of: (record: Operation) => string | undefined;
  }[];
  readonly #steps: { success: number; failure: number }[];
  readonly #types: Tally;
  #failures = 0;

  constructor(timeline: Timeline, limit: number) {
    this.#timeline = timeline;
    this.#tallies = DIMENSIONS.map(([key, title, of]) => ({
      of,
      tally: new Tally({
        id: `operations-by-${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
        title: `By ${title.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase())}`,
        parts: { [key]: title },
        chart: 'bars',
        limit,
      }),
    }));
    this.#types = new Tally({
      id: 'records-by-type',
      title: 'All records of the period, by type',
      parts: { type: 'Type' },
      limit: MAX_TYPES,
    });
    this.#steps = Array.from({ length: timeline.steps }, () => ({ success: 0, failure: 0 }));
  }

  add({ record, timeMs, inPeriod }: Entry): void {
    if (!inPeriod) return;
    const success = !('result' in record) || record.result === 'success';
    this.#types.add([record.type], timeMs, success);
    if (record.type !== 'key-operation') return;
    for (const { tally, of } of this.#tallies) {
      tally.add([of(record) ?? NOT_RECORDED], timeMs, success);
    }
    const step = this.#steps[this.#timeline.stepOf(timeMs)];
    if (step === undefined) return;
    if (success) step.success += 1;
    else step.failure += 1;
    if (FAILURES.has(record.errorName ?? '')) this.#failures += 1;
  }

  findings(): readonly ReportFinding[] {
    return [
      {
        level: 'note',
        count: this.#failures,
        finding: 'Key operations failed because a key manager or the proxy did.',
        section: 'operations',
        where: 'By result',
      },
    ];
  }

  totals(): Readonly<Record<string, number>> {
    const sum = (of: 'success' | 'failure') =>
      this.#steps.reduce((total, step) => total + step[of], 0);
    return {
      'Key operations that succeeded': sum('success'),
      'Key operations that failed': sum('failure'),
    };
  }

  section(): Section {
    return {
      id: 'operations',
      title: 'Key operations',
      about:
        'Every use of an external key, or the attempt, by a caller with a credential of the key store. ' +
        'The location is that of the node which did the operation, as it is configured; an operation ' +
        'that no node did has none.',
      tables: [
        this.#overTime(),
        ...this.#tallies.map(({ tally }) => tally.table()),
        this.#types.table(),
      ],
    };
  }

  #overTime(): Table {
    return {
      id: 'operations-over-time',
      title: `Over time, by ${this.#timeline.stepText}`,
      columns: columns({
        from: ['From', 'time'],
        success: ['Succeeded', 'count'],
        failure: ['Failed', 'count'],
      }),
      rows: this.#steps.map((counts, step) => ({ from: this.#timeline.nameOf(step), ...counts })),
      chart: 'steps',
    };
  }
}

function resultOf({ result, errorName }: Operation): string {
  return result === 'success' ? 'success' : (errorName ?? 'failure');
}
