import type {
  Listed,
  NeverArrived,
  NotCovered,
  Reconciliation,
  UsedWithoutEvent,
  WithoutEvent,
} from '../evidence/reconciliation/outcome.js';
import { lines, record, table } from './table.js';

/** More than a person reads; JSON has the rest. */
const MAX_SHOWN = 100;

const WHY: Readonly<Record<WithoutEvent, string>> = {
  'no-event': 'no event has this request id',
  'other-operation': 'the event with this request id is of another operation',
  'other-key': 'the event with this request id names another key',
  'other-time': 'the event with this request id is of another time',
  'other-input': 'the event with this request id is of another call, which had other data',
  'no-request-id': 'it has no request id, so KMS did not send it',
};
const NOT_COVERED: Readonly<Record<NotCovered['why'], string>> = {
  'no-input': 'no CloudTrail input for it',
  'before-input': 'before the CloudTrail input begins',
};

/** Says what was not compared, a sentence each. */
export function notComparedText({ notCompared }: Reconciliation): readonly string[] {
  return notCompared.map((item) => {
    switch (item.what) {
      case 'everything':
        return 'nothing was compared: no call in the logs has an event in the CloudTrail input';
      case 'custom-key-store': {
        const ids = item.idsInInput.length === 0 ? 'none' : item.idsInInput.join(', ');
        return `nothing was compared for the custom key store ${item.id}: no event has this id; the input has ${ids}`;
      }
      case 'place':
        return (
          `nothing was compared for account ${item.account ?? 'unknown'}, region ${item.region ?? 'unknown'}: ` +
          `${counted(item.calls, 'call')}, and no CloudTrail input`
        );
    }
  });
}

/** A reconciliation for people: what was compared, the counts, and what needs a look. */
export function renderReconciliation(result: Reconciliation): string {
  return [
    inputs(result),
    notCompared(result),
    counts(result),
    used(result.usedHereWithoutCloudTrailEvent),
    neverArrived(result.inCloudTrailNeverArrivedHere),
    repeated(result),
    failed(result.explained.failedInKms),
    notCovered(result.notCovered),
  ]
    .filter((part) => part !== '')
    .join('\n');
}

function inputs({ logs, cloudTrail, range }: Reconciliation): string {
  const { files, events, externalKeyEvents, repetitions, collectedAt, places } = cloudTrail;
  const period: [string, string][] = [
    ['From', range.from ?? ''],
    ['To', range.to ?? ''],
  ];
  return record([
    ...logs.map(({ directory, records, oldest, newest }): [string, string] => [
      'Audit log',
      `${directory}, ${counted(records, 'record')}, ${span(oldest, newest)}`,
    ]),
    [
      'CloudTrail',
      `${counted(files, 'file')}, ${counted(events, 'event')}, ${count(externalKeyEvents)} of keys in external key stores` +
        (repetitions === 0 ? '' : ` (${counted(repetitions, 'repetition')} left out)`),
    ],
    ...places.map(({ account, region, kmsEvents, oldest, newest }): [string, string] => [
      `${account} ${region}`,
      `${counted(kmsEvents, 'event')} of KMS, ${span(oldest, newest)}`,
    ]),
    ['Collected at', collectedAt],
    ...period.filter(([, time]) => time !== ''),
  ]);
}

function notCompared(result: Reconciliation): string {
  return notComparedText(result)
    .map((text) => `NOT COMPARED  ${text}\n`)
    .join('');
}

function counts(result: Reconciliation): string {
  const { matched, usedHereWithoutCloudTrailEvent, inCloudTrailNeverArrivedHere } = result;
  const { failedInKms, beforeLog, afterLog, inGap, otherKeyStore } = result.explained;
  const uncovered = sum(result.notCovered.map(({ calls }) => calls));
  const details = [
    ...(matched.failedInKms > 0 ? [`${count(matched.failedInKms)} failed in KMS`] : []),
    ...(matched.repeats > 0 ? [`${counted(matched.repeats, 'repeat')} not counted`] : []),
  ].join(', ');
  const rows: [string, number, string][] = [
    ['matched', matched.calls, details],
    ['used here without a CloudTrail event', ...alarm(usedHereWithoutCloudTrailEvent)],
    ['in CloudTrail, never arrived here', ...alarm(inCloudTrailNeverArrivedHere)],
    ['repeated more often than KMS does', ...alarm(matched.repeatedTooOften)],
    ['pending: younger than 30 minutes', result.pending.count, ''],
    ['not covered by the CloudTrail input', uncovered, ''],
    ['failed in KMS, did not arrive', sum(Object.values(failedInKms)), ''],
    ['in CloudTrail before the log begins', beforeLog, ''],
    ['in CloudTrail after the log ends', afterLog, ''],
    ['in CloudTrail, in a gap of the log', inGap, ''],
    ['in CloudTrail, of another key store', otherKeyStore, ''],
    ['in CloudTrail without a request id', result.cloudTrail.withoutRequestId, ''],
  ];
  const always = 5;
  const shown = rows.filter(([, number], at) => at < always || number > 0);
  return lines(shown.map(([name, number, note]) => [name, count(number), note]));
}

function alarm({ count: number }: Listed<unknown>): [number, string] {
  return [number, number > 0 ? 'ALARM' : ''];
}

function used(listed: Listed<UsedWithoutEvent>): string {
  return section('Used here without a CloudTrail event', listed, (call) => [
    ['Time', call.time],
    ['Operation', `${call.kmsOperation ?? 'unknown'} (${call.operation ?? 'unknown'})`],
    ['Principal', call.awsPrincipalArn ?? 'unknown'],
    ['KMS key', call.kmsKeyArn ?? 'none'],
    [
      'External key',
      `${call.externalKeyId ?? 'unknown'} of key store ${call.keyStore ?? 'unknown'}`,
    ],
    ['Request id', call.kmsRequestId ?? 'none'],
    ['Sent by', `${call.clientAddress} with credential ${call.accessKeyId ?? 'unknown'}`],
    ['Result', call.errorName === undefined ? call.result : `${call.result}: ${call.errorName}`],
    ['Record', `${String(call.sequence)} of ${call.log}`],
    ['Why', WHY[call.why]],
  ]);
}

function neverArrived(listed: Listed<NeverArrived>): string {
  return section('In CloudTrail, never arrived here', listed, (call) => [
    ['Time', call.time],
    ['Operation', `${call.eventName} (${call.operations.join(', ')})`],
    ['Principal', call.principal ?? 'unknown'],
    ['KMS key', call.keys.join(', ') || 'unknown'],
    ['External key', call.externalKeyIds.join(', ') || 'unknown'],
    ['Key store', call.customKeyStoreIds.join(', ') || 'unknown'],
    ['Request id', call.requestId],
    ['Trail of', `${call.account ?? 'unknown account'} ${call.region ?? ''}`],
  ]);
}

function section<Item>(
  title: string,
  { count: number, first }: Listed<Item>,
  pairs: (item: Item) => readonly (readonly [string, string])[],
): string {
  if (number === 0) return '';
  const shown = first.slice(0, MAX_SHOWN);
  const items = shown.map((item) => indented(record(pairs(item)))).join('\n');
  const more = number - shown.length;
  const rest = more === 0 ? '' : `\n  and ${count(more)} more; --json lists up to 10,000\n`;
  return `${title}:\n${items}${rest}`;
}

function repeated({ matched }: Reconciliation): string {
  const { count: number, first } = matched.repeatedTooOften;
  if (number === 0) return '';
  const rows = first.slice(0, MAX_SHOWN).map(({ requestId, calls }) => [requestId, count(calls)]);
  return `Repeated more often than KMS does:\n${indented(table(['REQUEST ID', 'CALLS'], rows))}`;
}

function failed(byErrorCode: Readonly<Record<string, number>>): string {
  const rows = Object.entries(byErrorCode).map(([errorCode, number]) => [errorCode, count(number)]);
  if (rows.length === 0) return '';
  return `Failed in KMS, did not arrive:\n${indented(table(['ERROR', 'EVENTS'], rows))}`;
}

function notCovered(places: readonly NotCovered[]): string {
  if (places.length === 0) return '';
  const rows = places.map(({ account, region, why, calls, oldest, newest }) => [
    account ?? 'unknown',
    region ?? 'unknown',
    count(calls),
    oldest,
    newest,
    NOT_COVERED[why],
  ]);
  const header = ['ACCOUNT', 'REGION', 'CALLS', 'OLDEST', 'NEWEST', 'WHY'];
  return `Not covered by the CloudTrail input:\n${indented(table(header, rows))}`;
}

function indented(lines: string): string {
  return lines.replaceAll(/^(?=.)/gm, '  ');
}

function span(oldest: number | undefined, newest: number | undefined): string {
  if (oldest === undefined || newest === undefined) return 'none of any time';
  return `${new Date(oldest).toISOString()} to ${new Date(newest).toISOString()}`;
}

function counted(number: number, thing: string): string {
  return `${count(number)} ${thing}${number === 1 ? '' : 's'}`;
}

function count(number: number): string {
  return number.toLocaleString('en');
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
