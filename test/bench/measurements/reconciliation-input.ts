import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { readRecords } from '../../../src/audit/read/records.js';
import type { RecordOf } from '../../../src/audit/record/index.js';

/** Number of events that a file of a busy account has. */
const EVENTS_PER_FILE = 10_000;

const compress = promisify(gzip);

/** Ways in which the same events are given. */
export const INPUTS = ['log files', 'lookup-events', 'Lake, CSV'] as const;

/** One of {@link INPUTS}. */
export type Input = (typeof INPUTS)[number];

const WRITERS: Readonly<Record<Input, (events: readonly string[]) => string>> = {
  'log files': (events) => `{"Records":[${events.join(',')}]}`,
  'lookup-events': (events) =>
    JSON.stringify({ Events: events.map((CloudTrailEvent) => ({ CloudTrailEvent })) }),
  'Lake, CSV': (events) =>
    ['eventJson', ...events.map((event) => `"${event.replaceAll('"', '""')}"`)].join('\n'),
};

/**
 * Writes the events that belong to the key operations of a log, in each of the ways, compressed.
 *
 * @returns a folder for each
 */
export async function writeInputs(
  log: string,
  directory: string,
): Promise<Readonly<Record<Input, string>>> {
  const folders = Object.fromEntries(
    INPUTS.map((input, at) => [input, join(directory, String(at))]),
  ) as Record<Input, string>;
  for (const folder of Object.values(folders)) await mkdir(folder, { recursive: true });
  let events: string[] = [];
  let file = 0;
  const write = async (): Promise<void> => {
    for (const input of INPUTS) {
      const text = WRITERS[input](events);
      await writeFile(join(folders[input], `${file}.gz`), await compress(text, { level: 1 }));
    }
    [events, file] = [[], file + 1];
  };
  for await (const record of readRecords(log)) {
    if (record.type === 'key-operation') events.push(JSON.stringify(eventOf(record)));
    if (events.length === EVENTS_PER_FILE) await write();
  }
  await write();
  return folders;
}

/** Makes the event that CloudTrail would have of a call, about 1.4 KB. */
function eventOf(record: RecordOf<'key-operation'>): object {
  const { awsAccount, awsPrincipalArn, kmsKeyArn, result, sequence } = record;
  return {
    eventVersion: '1.11',
    userIdentity: {
      type: 'AssumedRole',
      principalId: 'AROAEXAMPLEEXAMPLE:session',
      arn: awsPrincipalArn,
      accountId: awsAccount,
      accessKeyId: 'ASIAEXAMPLEEXAMPLE',
      sessionContext: {
        sessionIssuer: { type: 'Role', arn: awsPrincipalArn, accountId: awsAccount },
        attributes: { creationDate: '2026-01-01T00:00:00Z', mfaAuthenticated: 'false' },
      },
      invokedBy: 's3.amazonaws.com',
    },
    eventTime: `${record.time.slice(0, 19)}Z`,
    eventSource: 'kms.amazonaws.com',
    eventName: record.kmsOperation,
    awsRegion: record.awsRegion,
    sourceIPAddress: 's3.amazonaws.com',
    userAgent: 's3.amazonaws.com',
    ...(result === 'failure' ? { errorCode: 'KMSInvalidStateException' } : {}),
    requestParameters: {
      encryptionContext: { 'aws:s3:arn': `arn:aws:s3:::bucket/folder/object-${sequence}` },
      encryptionAlgorithm: 'SYMMETRIC_DEFAULT',
    },
    responseElements: null,
    additionalEventData: {
      customKeyStoreId: 'cks-0123456789abcdef0',
      xksKeyId: record.externalKeyId,
    },
    requestID: record.kmsRequestId,
    eventID: record.kmsRequestId,
    readOnly: true,
    resources: [{ accountId: awsAccount, type: 'AWS::KMS::Key', ARN: kmsKeyArn }],
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: awsAccount,
    sharedEventID: record.kmsRequestId,
    eventCategory: 'Management',
  };
}
