import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type AuditRecord, auditRecordSchema } from '../../../../src/audit/record/index.js';
import { segmentPath } from '../../../../src/audit/read/segments.js';

export const ACCOUNT = '111122223333';
export const REGION = 'eu-central-1';
export const KEY = keyArn('1a2b3c4d-0000-4000-8000-00000000000a');
export const OTHER_KEY = keyArn('1a2b3c4d-0000-4000-8000-00000000000b');
export const REQUEST = '0d3c1f7e-5a55-4c6e-9d7b-1f2e3d4c5b6a';
export const ALICE = `arn:aws:iam::${ACCOUNT}:user/alice`;
/** Two of SHA-256, as the log has them. */
export const DIGEST = `${'A'.repeat(43)}=`;
export const OTHER_DIGEST = `${'B'.repeat(42)}A=`;
/** When it all happens, unless a test says otherwise. */
export const NOON = '2026-03-01T12:00:00.000Z';

/** The ARN of a KMS key. */
export function keyArn(id: string, account = ACCOUNT, region = REGION): string {
  return `arn:aws:kms:${region}:${account}:key/${id}`;
}

/** Some time before or after noon. */
export function atNoon(offsetMs: number): string {
  return new Date(Date.parse(NOON) + offsetMs).toISOString();
}

/** An event of a successful Decrypt with a key in an external key store, as CloudTrail tells it. */
export function decryptEvent(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    eventVersion: '1.11',
    userIdentity: { type: 'IAMUser', principalId: 'AIDAEXAMPLE', arn: ALICE, accountId: ACCOUNT },
    eventTime: '2026-03-01T12:00:00Z',
    eventSource: 'kms.amazonaws.com',
    eventName: 'Decrypt',
    awsRegion: REGION,
    sourceIPAddress: '192.0.2.7',
    userAgent: 'aws-cli/2',
    requestParameters: { encryptionAlgorithm: 'SYMMETRIC_DEFAULT', keyId: KEY },
    responseElements: null,
    additionalEventData: { customKeyStoreId: 'cks-0123456789abcdef0', xksKeyId: 'payroll' },
    requestID: REQUEST,
    eventID: 'f0000000-0000-4000-8000-000000000001',
    readOnly: true,
    resources: [{ accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN: KEY }],
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: ACCOUNT,
    eventCategory: 'Management',
    ...changes,
  };
}

/** An event of another service, which shows that there is input for a time. */
export function otherEvent(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    eventVersion: '1.11',
    userIdentity: { type: 'AWSService', invokedBy: 'ec2.amazonaws.com' },
    eventTime: '2026-03-01T13:00:00Z',
    eventSource: 'sts.amazonaws.com',
    eventName: 'AssumeRole',
    awsRegion: REGION,
    requestID: 'aaaaaaaa-0000-4000-8000-000000000000',
    eventID: 'f0000000-0000-4000-8000-0000000000ff',
    eventType: 'AwsApiCall',
    recipientAccountId: ACCOUNT,
    eventCategory: 'Management',
    ...changes,
  };
}

/** The call of the proxy that belongs to {@link decryptEvent}. */
export function decryptRecord(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    type: 'key-operation',
    time: atNoon(-20),
    kmsRequestId: REQUEST,
    operation: 'Decrypt',
    kmsOperation: 'Decrypt',
    keyStore: 'production',
    externalKeyId: 'payroll',
    kmsKeyArn: KEY,
    awsAccount: ACCOUNT,
    awsRegion: REGION,
    awsPrincipalArn: ALICE,
    accessKeyId: 'ABCDEFGHIJKLMNOPQRST',
    clientAddress: '198.51.100.4',
    result: 'success',
    status: 200,
    durationUs: 1_200,
    ...changes,
  };
}

/** Records that begin and end a log around noon, with others between. */
export function wholeDay(...records: Record<string, unknown>[]): Record<string, unknown>[] {
  const start = { type: 'start', version: '1.0.0', nodeVersion: '20.20.0', processId: 1 };
  return [
    { ...start, time: '2026-03-01T00:00:00.000Z' },
    ...records,
    { type: 'stop', time: '2026-03-01T23:59:59.000Z' },
  ];
}

/**
 * Writes an audit log of one segment.
 *
 * @param first sequence of the first record
 * @returns the folder
 */
export function writeLog(
  folder: string,
  records: readonly Record<string, unknown>[],
  first = 0,
): string {
  const lines = records.map((record, at) => JSON.stringify(inLog(record, first + at)));
  mkdirSync(folder, { recursive: true });
  writeFileSync(segmentPath(folder, first), lines.map((line) => `${line}\n`).join(''));
  return folder;
}

/** Writes a file of a folder that may not be there yet. */
export function writeInput(folder: string, name: string, content: string | Buffer): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

/** A log file as CloudTrail delivers it. */
export function logFile(...events: unknown[]): string {
  return JSON.stringify({ Records: events });
}

function inLog(record: Record<string, unknown>, sequence: number): AuditRecord {
  return auditRecordSchema.parse({ schema: 1, sequence, replica: 'a', ...record });
}
