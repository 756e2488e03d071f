import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { CloudTrailInputError } from '../../../../../src/evidence/reconciliation/input-error.js';
import type { KmsEvent } from '../../../../../src/evidence/reconciliation/cloudtrail/kms-event.js';
import { readCloudTrail } from '../../../../../src/evidence/reconciliation/cloudtrail/read-cloudtrail.js';
import { temporaryFolder } from '../../../../support/temporary-folder.js';
import {
  ACCOUNT,
  ALICE,
  decryptEvent,
  KEY,
  logFile,
  NOON,
  REQUEST,
  writeInput,
} from '../fixtures.js';

const EVENT = decryptEvent({
  requestParameters: { keyId: KEY, encryptionContext: { 'a"b': 'x,]}\\' } },
});
const TEXT = JSON.stringify(EVENT);
/** As CloudTrail Lake may keep it. */
const LOWER_CASE = JSON.stringify({
  ...Object.fromEntries(Object.entries(EVENT).map(([name, value]) => [name.toLowerCase(), value])),
  eventtime: '2026-03-01 12:00:00.000',
  resources: [{ accountid: ACCOUNT, type: 'AWS::KMS::Key', arn: KEY }],
});

const DELIVERED = `${ACCOUNT}_CloudTrail_eu-central-1_20260301T1205Z_AbCdEfGhIjKlMnOp`;

function csv(...rows: readonly (readonly string[])[]): string {
  const quoted = rows.map((row) => row.map((field) => `"${field.replaceAll('"', '""')}"`));
  return quoted.map((row) => `${row.join(',')}\r\n`).join('');
}

function queryResults(...rows: readonly object[]): string {
  return JSON.stringify({
    QueryStatus: 'FINISHED',
    QueryStatistics: { ResultsCount: rows.length },
    QueryResultRows: rows,
  });
}

async function read(...paths: string[]): Promise<KmsEvent[]> {
  const events: KmsEvent[] = [];
  await readCloudTrail(paths, (event) => events.push(event));
  return events;
}

const FORMATS: [string, string, string | Buffer][] = [
  ['a log file', `${DELIVERED}.json`, logFile(EVENT)],
  ['a log file, laid out', 'log.json', JSON.stringify({ Records: [EVENT] }, undefined, 4)],
  ['a log file with a byte order mark', 'log.json', `\ufeff${logFile(EVENT)}`],
  ['a log file as delivered', `${DELIVERED}.json.gz`, gzipSync(logFile(EVENT))],
  ['a log file that was unzipped and kept its name', `${DELIVERED}.json.gz`, logFile(EVENT)],
  ['an array of events', 'events.json', JSON.stringify([EVENT])],
  [
    'lookup-events',
    'lookup.json',
    JSON.stringify({ Events: [{ EventId: 'x', Resources: [], CloudTrailEvent: TEXT }] }),
  ],
  ['get-query-results', 'lake.json', queryResults([{ eventTime: 'x' }, { eventJson: TEXT }])],
  [
    'pages of get-query-results',
    'lake.json',
    `${queryResults()}\n${queryResults([{ eventjson: LOWER_CASE }])}`,
  ],
  ['query results of Lake', 'result_1.csv', csv(['eventID', 'eventJson'], ['x', TEXT])],
  ['query results of Lake as saved', 'result_1.csv.gz', gzipSync(csv(['eventjson'], [LOWER_CASE]))],
  ['query results without a last line end', 'result_1.csv', csv(['eventJson'], [TEXT]).trimEnd()],
];

describe('known formats', () => {
  it.each(FORMATS)('%s → its event', async (_, name, content) => {
    const events = await read(writeInput(temporaryFolder(), name, content));
    expect(events).toEqual([
      {
        requestId: REQUEST,
        eventName: 'Decrypt',
        time: Date.parse(NOON),
        account: ACCOUNT,
        region: 'eu-central-1',
        principal: ALICE,
        errorCode: undefined,
        calls: [{ operation: 'Decrypt', key: KEY }],
        externalKeyIds: ['payroll'],
        customKeyStoreIds: ['cks-0123456789abcdef0'],
        ofExternalKeyStore: true,
      },
    ]);
  });

  it('a bucket, downloaded → the log files in all its folders, each once, and nothing else', async () => {
    const bucket = temporaryFolder();
    const trail = `AWSLogs/o-example/${ACCOUNT}`;
    const first = writeInput(
      bucket,
      `${trail}/CloudTrail/eu-central-1/2026/03/01/${DELIVERED}.json.gz`,
      gzipSync(logFile(EVENT)),
    );
    writeInput(
      bucket,
      `${trail}/CloudTrail/eu-central-1/2026/03/02/more.json`,
      logFile(decryptEvent({ requestID: 'b' })),
    );
    writeInput(
      bucket,
      `${trail}/CloudTrail-Digest/eu-central-1/2026/03/01/${ACCOUNT}_CloudTrail-Digest_eu-central-1_t_eu-central-1_20260301T120500Z.json.gz`,
      gzipSync('{"logFiles":[]}'),
    );
    writeInput(
      bucket,
      `${trail}/CloudTrail-Lake/Query/2026/03/01/id/result_sign.json`,
      '{"files":[]}',
    );
    writeInput(bucket, '.DS_Store', 'x');
    const events = await read(bucket, first);
    expect(events.map(({ requestId }) => requestId)).toEqual([REQUEST, 'b']);
  });

  it('many events, far more than fit into one chunk → every one', async () => {
    const many = Array.from({ length: 2_000 }, (_, at) =>
      decryptEvent({ requestID: `r${String(at)}` }),
    );
    const folder = temporaryFolder();
    const rows = [['eventJson'], ...many.map((event) => [JSON.stringify(event)])];
    const files = [
      writeInput(folder, 'many.json.gz', gzipSync(logFile(...many))),
      writeInput(folder, 'many.csv.gz', gzipSync(csv(...rows))),
    ];
    for (const file of files) {
      const ids = (await read(file)).map(({ requestId }) => requestId);
      expect(ids).toEqual(many.map(({ requestID }) => requestID));
    }
  });

  it('what the input is for → accounts and regions with events of KMS or with deliveries', async () => {
    const folder = temporaryFolder();
    const file = writeInput(
      folder,
      `444455556666_CloudTrail_us-gov-west-1_20260301T1205Z_AbCd.json`,
      logFile(EVENT),
    );
    const { coverage, events, files } = await readCloudTrail([file], () => undefined);
    expect([files, events]).toEqual([1, 1]);
    expect(coverage.places()).toMatchObject([
      { account: ACCOUNT, region: 'eu-central-1', kmsEvents: 1 },
      { account: '444455556666', region: 'us-gov-west-1', kmsEvents: 0 },
    ]);
  });
});

describe('what cannot be read', () => {
  it.each<[string, string | Buffer]>([
    ['an empty file', ''],
    ['text', 'hello\n'],
    ['bytes', Buffer.from([0x50, 0x4b, 3, 4, 0xff, 0xfe])],
    ['another JSON document', '{"logFiles":[{"s3Bucket":"b"}]}'],
    ['a JSON document without an array', '{"Version":"1"}'],
    ['one event', TEXT],
    ['CSV without eventJson', csv(['eventID', 'requestParameters'], ['x', '{keyId=y}'])],
    ['query results without eventJson', queryResults([{ eventID: 'x' }])],
    ['a log file that was cut', logFile(EVENT).slice(0, -20)],
    ['a gzip file that was cut', gzipSync(logFile(EVENT)).subarray(0, 200)],
    ['CSV that was cut', csv(['eventJson'], [TEXT]).slice(0, -30)],
    ['a log file of something else', logFile({ eventVersion: 5, requestParameters: 'x' })],
    ['an event without a time', logFile({ ...EVENT, eventTime: undefined })],
    ['no event', logFile()],
  ])('%s → CloudTrailInputError that names the file', async (_, content) => {
    const file = writeInput(temporaryFolder(), 'input', content);
    const reading = read(file);
    await expect(reading).rejects.toThrow(CloudTrailInputError);
    await expect(reading).rejects.toThrow(file);
  });

  it('a path that is not there, or a folder without a file → named', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'empty'));
    await expect(read(join(folder, 'none'))).rejects.toThrow(join(folder, 'none'));
    await expect(read(join(folder, 'empty'))).rejects.toThrow(CloudTrailInputError);
  });
});
