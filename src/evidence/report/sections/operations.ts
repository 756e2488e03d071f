import type { RecordOf } from '../../../audit/record/index.js';
import type { Collector, SectionPlan } from '../model/collector.js';
import { findingOf, isSuccess, NOT_RECORDED, tallyOf, totalOf } from '../model/declared.js';
import { columns } from '../model/document.js';
import { Tally } from '../model/tally.js';
import type { Timeline } from '../model/timeline.js';

type Operation = RecordOf<'key-operation'>;

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

/** Counts of key operations by everything that an auditor asks for, and over time. */
export function operationsSection(timeline: Timeline, limit: number): SectionPlan {
  const type = 'key-operation';
  const isDone = ({ result }: Operation) => result === 'success';
  const failed = 'Key operations failed because a key manager or the proxy did.';
  const types = new Tally({
    id: 'records-by-type',
    title: 'All records of the period, by type',
    parts: { type: 'Type' },
    limit: MAX_TYPES,
  });
  return {
    id: 'operations',
    title: 'Key operations',
    about:
      'Every use of an external key, or the attempt, by a caller with a credential of the key store. ' +
      'The location is that of the node which did the operation, as it is configured; an operation ' +
      'that no node did has none.',
    controls: [
      '3.6.1.1 location of key management devices; 10.2.2 who, what, when, result, origin',
      'Art. 6(2)(d) correct use of keys; Art. 12(2)(c)(i) logical access, (iv) ICT operations',
      'A.8.15, A.8.24',
      'Section 5.3 (originator and recipient usage), Section 9 (accountability)',
    ],
    collectors: [
      totalOf(type, 'Key operations that succeeded', isDone),
      totalOf(type, 'Key operations that failed', (record) => !isDone(record)),
      findingOf(type, { level: 'note', finding: failed, where: 'By result' }, ({ errorName }) =>
        FAILURES.has(errorName ?? ''),
      ),
      overTime(timeline),
      ...DIMENSIONS.map(([key, title, of]) =>
        tallyOf(
          type,
          {
            id: `operations-by-${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
            title: `By ${title.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase())}`,
            parts: { [key]: title },
            chart: 'bars',
            limit,
          },
          (record) => [of(record) ?? NOT_RECORDED],
        ),
      ),
      {
        add: ({ record, timeMs, inPeriod }) => {
          if (inPeriod) types.add([record.type], timeMs, isSuccess(record));
        },
        tables: () => [types.table()],
      },
    ],
  };
}

/** Counts key operations by steps of the period. */
function overTime(timeline: Timeline): Collector {
  const steps = Array.from({ length: timeline.steps }, () => ({ success: 0, failure: 0 }));
  return {
    types: ['key-operation'],
    add: ({ record, timeMs, inPeriod }) => {
      const step = inPeriod ? steps[timeline.stepOf(timeMs)] : undefined;
      if (step !== undefined) step[isSuccess(record) ? 'success' : 'failure'] += 1;
    },
    tables: () => [
      {
        id: 'operations-over-time',
        title: `Over time, by ${timeline.stepText}`,
        columns: columns({
          from: ['From', 'time'],
          success: ['Succeeded', 'count'],
          failure: ['Failed', 'count'],
        }),
        rows: steps.map((counts, step) => ({ from: timeline.nameOf(step), ...counts })),
        chart: 'steps',
      },
    ],
  };
}

function resultOf({ result, errorName }: Operation): string {
  return result === 'success' ? 'success' : (errorName ?? 'failure');
}
