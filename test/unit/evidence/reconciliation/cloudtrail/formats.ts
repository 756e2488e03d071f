import { gzipSync } from 'node:zlib';
import { ACCOUNT, decryptEvent, KEY, logFile, REGION } from '../fixtures.js';

/** An event whose encryption context is made to confuse readers. */
export const EVENT = decryptEvent({
  requestParameters: { keyId: KEY, encryptionContext: { 'a"b': 'x,]}\\;\n' } },
});
/** The same as text. */
export const TEXT = JSON.stringify(EVENT);
/** An event as CloudTrail Lake may keep it. */
export const LOWER_CASE = JSON.stringify({
  ...Object.fromEntries(Object.entries(EVENT).map(([name, value]) => [name.toLowerCase(), value])),
  eventtime: '2026-03-01 12:00:00.000',
  resources: [{ accountid: ACCOUNT, type: 'AWS::KMS::Key', arn: KEY }],
});
/** Name of a delivered log file, without its ending. */
export const DELIVERED = `${ACCOUNT}_CloudTrail_${REGION}_20260301T1205Z_AbCdEfGhIjKlMnOp`;

/** Rows as CSV, every field quoted. */
export function csv(...rows: readonly (readonly string[])[]): string {
  const quoted = rows.map((row) => row.map((field) => `"${field.replaceAll('"', '""')}"`));
  return quoted.map((row) => `${row.join(',')}\r\n`).join('');
}

/** A page of `aws cloudtrail get-query-results`. */
export function queryResults(rows: readonly unknown[], fields: object = {}): string {
  return JSON.stringify({
    QueryStatus: 'FINISHED',
    QueryStatistics: { ResultsCount: rows.length },
    QueryResultRows: rows,
    ...fields,
  });
}

/** The output of `aws cloudtrail lookup-events`. */
export function lookedUp(texts: readonly string[], fields: object = {}): string {
  const Events = texts.map((CloudTrailEvent) => ({ EventId: 'x', Resources: [], CloudTrailEvent }));
  return JSON.stringify({ Events, ...fields });
}

/** Makes what EventBridge delivers to a target. */
export function envelope(fields: object = {}): object {
  return {
    version: '0',
    id: '6a7e8feb-b491-4cf7-a9f1-bf3703467718',
    'detail-type': 'AWS API Call via CloudTrail',
    source: 'aws.kms',
    account: ACCOUNT,
    time: '2026-03-01T12:00:01Z',
    region: REGION,
    resources: [],
    detail: EVENT,
    ...fields,
  };
}

/** Makes what a subscription of CloudWatch Logs delivers, unzipped. */
export function subscription(messages: readonly string[], fields: object = {}): string {
  return JSON.stringify({
    messageType: 'DATA_MESSAGE',
    owner: ACCOUNT,
    logGroup: 'CloudTrail/logs',
    logStream: `${ACCOUNT}_CloudTrail_${REGION}`,
    subscriptionFilters: ['all'],
    logEvents: messages.map((message) => ({ id: '1', timestamp: 1_772_366_400_000, message })),
    ...fields,
  });
}

/** The output of `aws logs filter-log-events`. */
export function filtered(messages: readonly string[], fields: object = {}): string {
  const events = messages.map((message) => ({
    logStreamName: 's',
    timestamp: 1_772_366_400_000,
    message,
    ingestionTime: 1_772_366_400_001,
    eventId: '1',
  }));
  return JSON.stringify({ events, searchedLogStreams: [], ...fields });
}

/** A line of an export of CloudWatch Logs to S3. */
export function exported(message: string): string {
  return `2026-03-01T12:00:00.000Z ${message}\n`;
}

const CONTROL = 'CWL CONTROL MESSAGE: Checking health of destination Firehose.';
const asJson = (...values: unknown[]): string[] => values.map((value) => JSON.stringify(value));

/** Every known format with {@link EVENT} in it once: title, name of the file, contents. */
export const FORMATS: readonly (readonly [string, string, string | Buffer])[] = [
  ['a log file', `${DELIVERED}.json`, logFile(EVENT)],
  ['a log file, laid out', 'log.json', JSON.stringify({ Records: [EVENT] }, undefined, 4)],
  ['a log file with a byte order mark', 'log.json', `\ufeff${logFile(EVENT)}`],
  ['a log file as delivered', `${DELIVERED}.json.gz`, gzipSync(logFile(EVENT))],
  ['a log file that was unzipped and kept its name', `${DELIVERED}.json.gz`, logFile(EVENT)],
  [
    'gzip of two members',
    'log.json.gz',
    Buffer.concat([gzipSync(logFile()), gzipSync(logFile(EVENT))]),
  ],
  ['an array of events', 'events.json', JSON.stringify([EVENT])],
  ['an event', 'event.json', TEXT],
  ['an event with blank lines around', 'event.json', `\n\n${TEXT}\n\n`],
  ['log files, one after the other', 'logs.json', logFile() + logFile(EVENT)],
  ['lookup-events', 'lookup.json', lookedUp([TEXT])],
  ['pages of lookup-events', 'lookup.json', lookedUp([], { NextToken: 'x' }) + lookedUp([TEXT])],
  ['lookup-events of an SDK', 'l.json', lookedUp([TEXT], { ResponseMetadata: { a: 1 } })],
  ['get-query-results', 'lake.json', queryResults([[{ eventTime: 'x' }, { eventJson: TEXT }]])],
  [
    'pages of get-query-results',
    'lake.json',
    `${queryResults([], { NextToken: 'x', QueryStatistics: { TotalResultsCount: 1 } })}\n` +
      queryResults([[{ eventjson: LOWER_CASE }]], { QueryStatistics: { TotalResultsCount: 1 } }),
  ],
  ['query results of Lake', 'result_1.csv', csv(['eventID', 'eventJson'], ['x', TEXT])],
  ['query results of Lake as saved', 'result_1.csv.gz', gzipSync(csv(['eventjson'], [LOWER_CASE]))],
  ['query results without a last line end', 'result_1.csv', csv(['eventJson'], [TEXT]).trimEnd()],
  ['query results with a byte order mark', 'r.csv', `\ufeff${csv(['eventJson'], [TEXT])}`],
  ['an event of EventBridge', 'event.json', JSON.stringify(envelope())],
  ['an array of them', 'events.json', JSON.stringify([envelope()])],
  ['lines of them', 'events.jsonl', asJson(envelope({ detail: EVENT })).join('\n')],
  [
    'lines of them, with one of KMS that is not CloudTrail’s',
    'events.jsonl',
    asJson(
      envelope({ 'detail-type': 'KMS CMK Rotation', detail: { 'key-id': 'x' } }),
      envelope(),
    ).join('\n'),
  ],
  ['a subscription', 'data.json', subscription([TEXT])],
  ['a subscription to EventBridge’s log group', 'd.json', subscription(asJson(envelope()))],
  [
    'what Firehose makes of a subscription',
    'data.gz',
    Buffer.concat([
      gzipSync(subscription([CONTROL], { messageType: 'CONTROL_MESSAGE' })),
      gzipSync(subscription([TEXT])),
    ]),
  ],
  [
    'what Lambda gets of a subscription',
    'lambda.json',
    JSON.stringify({ awslogs: { data: gzipSync(subscription([TEXT])).toString('base64') } }),
  ],
  ['filter-log-events', 'filtered.json', filtered([TEXT])],
  ['pages of filter-log-events', 'f.json', filtered([], { nextToken: 'x' }) + filtered([TEXT])],
  ['an export of CloudWatch Logs', '000000.gz', gzipSync(exported(TEXT))],
  ['an export without a last line end', '000000', exported(TEXT).trimEnd()],
];
