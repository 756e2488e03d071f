import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { classes, compare } from './compare.js';
import {
  ACCOUNT,
  ALICE,
  atNoon,
  decryptEvent,
  decryptRecord,
  DIGEST,
  keyArn,
  logFile,
  NOON,
  OTHER_DIGEST,
  OTHER_KEY,
  otherEvent,
  writeInput,
} from './fixtures.js';

type Fields = Record<string, unknown>;

const HOUR = 3_600_000;
const MINUTE = 60_000;

describe('used here without a CloudTrail event', () => {
  it.each([
    ['another request id', decryptRecord({ kmsRequestId: 'made-up' }), 'no-event'],
    ['no request id', decryptRecord({ kmsRequestId: undefined }), 'no-request-id'],
    ['another operation of the proxy', decryptRecord({ operation: 'Encrypt' }), 'other-operation'],
    ['another operation of KMS', decryptRecord({ kmsOperation: 'Encrypt' }), 'other-operation'],
    [
      'a Decrypt that calls itself GenerateDataKey',
      decryptRecord({ kmsOperation: 'GenerateDataKey' }),
      'other-operation',
    ],
    ['another KMS key', decryptRecord({ kmsKeyArn: OTHER_KEY }), 'other-key'],
    ['another external key', decryptRecord({ externalKeyId: 'archive' }), 'other-key'],
    ['more than 5 minutes before', decryptRecord({ time: atNoon(-5 * MINUTE - 1) }), 'other-time'],
    ['more than 5 minutes after', decryptRecord({ time: atNoon(5 * MINUTE + 1) }), 'other-time'],
  ])('%s → alarm that says why', async (_, record, why) => {
    const result = await compare([decryptEvent()], [decryptRecord(), record]);
    expect(classes(result)).toEqual({ matched: 1, used: 1 });
    expect(result.alarming).toBe(true);
    expect(result.usedHereWithoutCloudTrailEvent.first).toMatchObject([
      { why, sequence: 2, awsPrincipalArn: ALICE, clientAddress: '198.51.100.4' },
    ]);
  });

  it.each([
    ['another ciphertext', { ciphertextSha256: OTHER_DIGEST }],
    ['other additional data', { aadSha256: OTHER_DIGEST }],
    ['no additional data', { aadSha256: undefined }],
  ])('a Decrypt of %s under the event of another → alarm, also at once', async (_, changes) => {
    const genuine = decryptRecord({ aadSha256: DIGEST, ciphertextSha256: DIGEST });
    const foreign = { ...genuine, ...changes, time: atNoon(10) };
    for (const collectedAt of [undefined, Date.parse(NOON) + MINUTE]) {
      const result = await compare([decryptEvent()], [genuine, foreign], { collectedAt });
      expect(classes(result)).toEqual({ matched: 1, used: 1 });
      expect(result.alarming).toBe(true);
      expect(result.usedHereWithoutCloudTrailEvent.first).toMatchObject([
        { why: 'other-input', sequence: 2 },
      ]);
    }
  });

  it('a genuine event whose call is missing, and a use of its request id at another hour → two alarms', async () => {
    const late = decryptRecord({ time: '2026-03-01T09:00:00.000Z' });
    expect(classes(await compare([decryptEvent()], [late]))).toEqual({ used: 1, neverArrived: 1 });
  });

  it('a Decrypt that calls itself DescribeKey, which never asks the proxy → alarm', async () => {
    const describe = { eventName: 'DescribeKey', additionalEventData: undefined };
    const record = decryptRecord({ kmsOperation: 'DescribeKey', kmsRequestId: 'described' });
    const events = [decryptEvent(), decryptEvent({ ...describe, requestID: 'described' })];
    const result = await compare(events, [decryptRecord(), record]);
    expect(classes(result)).toEqual({ matched: 1, used: 1 });
    expect(result.usedHereWithoutCloudTrailEvent.first).toMatchObject([{ why: 'other-operation' }]);
  });

  it('a network event of a VPC endpoint with its request id → alarm all the same', async () => {
    const network = decryptEvent({ eventType: 'AwsVpceEvent', eventCategory: 'NetworkActivity' });
    const other = decryptEvent({ requestID: 'other', errorCode: 'AccessDenied' });
    const result = await compare([network, other], [decryptRecord()]);
    expect(classes(result)).toEqual({ used: 1, failed: 1 });
  });

  it.each([
    [
      'health checks',
      { type: 'health-check', operation: 'GetHealthStatus', kmsOperation: 'KmsHealthCheck' },
    ],
    ['unauthenticated requests', { type: 'unauthenticated', result: 'failure', status: 401 }],
  ])('%s → no alarm', async (_, fields) => {
    const record = decryptRecord({ ...fields, kmsRequestId: 'unknown' });
    expect(classes(await compare([decryptEvent()], [decryptRecord(), record]))).toEqual({
      matched: 1,
    });
  });
});

describe('pending', () => {
  const collectedAt = Date.parse(NOON);
  const clock = { now: () => Date.parse(NOON) };
  it.each([
    ['30 minutes and 1 ms', 30 * MINUTE + 1, { used: 1 }],
    ['exactly 30 minutes', 30 * MINUTE, { used: 1 }],
    ['1 ms less than 30 minutes', 30 * MINUTE - 1, { pending: 1 }],
    ['not older at all', 0, { pending: 1 }],
    ['newer than the input', -HOUR, { pending: 1 }],
  ])('a call %s before the input was collected → %j', async (_, ageMs, expected) => {
    const early = decryptEvent({
      requestID: 'early',
      eventTime: '2026-03-01T01:00:00Z',
      errorCode: 'AccessDenied',
    });
    const record = decryptRecord({ time: atNoon(-ageMs) });
    const result = await compare([early], [record], { collectedAt });
    expect(classes(result)).toEqual({ ...expected, failed: 1 });
    const byClock = await compare([early], [record], { clock });
    expect(classes(byClock)).toEqual({ ...expected, failed: 1 });
  });

  it('no time of collection → the newest event of any service counts', async () => {
    const early = decryptEvent({
      requestID: 'early',
      eventTime: '2026-03-01T01:00:00Z',
      errorCode: 'AccessDenied',
    });
    const call = (minutes: number): Fields => decryptRecord({ time: atNoon(minutes * MINUTE) });
    // The other event is at 13:00.
    const result = await compare([early], [call(30), call(31)]);
    expect(classes(result)).toMatchObject({ used: 1, pending: 1 });
  });
});

describe('not covered', () => {
  it.each([
    ['another account', '999988887777', 'eu-central-1'],
    ['another region', ACCOUNT, 'us-east-1'],
  ])('a call of %s → named and not alarming', async (_, awsAccount, awsRegion) => {
    const foreign = {
      awsAccount,
      awsRegion,
      kmsKeyArn: keyArn('x', awsAccount, awsRegion),
      kmsRequestId: 'f',
    };
    const records = [
      decryptRecord(),
      decryptRecord(foreign),
      decryptRecord({ ...foreign, time: atNoon(5) }),
    ];
    const result = await compare([decryptEvent()], records);
    expect(result.alarming).toBe(false);
    expect(result.notCovered).toEqual([
      {
        account: awsAccount,
        region: awsRegion,
        why: 'no-input',
        calls: 2,
        oldest: atNoon(-20),
        newest: atNoon(5),
      },
    ]);
  });

  it("events of other services alone → do not cover an account's region", async () => {
    const global = otherEvent({ awsRegion: 'us-east-1', eventSource: 'iam.amazonaws.com' });
    const record = decryptRecord({ awsRegion: 'us-east-1', kmsRequestId: 'f' });
    expect(classes(await compare([global, decryptEvent()], [decryptRecord(), record]))).toEqual({
      matched: 1,
      notCovered: 1,
    });
  });

  it('a call older than the input → named; with --from, which says that the input is whole, alarming', async () => {
    const early = decryptRecord({ time: '2026-03-01T00:30:00.000Z', kmsRequestId: 'early' });
    const result = await compare([decryptEvent()], [early, decryptRecord()]);
    expect(classes(result)).toEqual({ matched: 1, notCovered: 1 });
    expect(result.notCovered).toMatchObject([{ why: 'before-input', calls: 1 }]);
    const from = Date.parse('2026-03-01T00:00:00Z');
    const strict = await compare([decryptEvent()], [early, decryptRecord()], {
      period: { from, to: undefined },
    });
    expect(classes(strict)).toEqual({ matched: 1, used: 1 });
  });

  it('a delivered log file without events of KMS → covers', async () => {
    const folder = temporaryFolder();
    const name = `${ACCOUNT}_CloudTrail_eu-central-1_20260301T1300Z_AbCdEfGhIjKlMnOp.json`;
    const cloudTrail = [
      writeInput(
        folder,
        name,
        logFile(otherEvent({ eventTime: '2026-03-01T11:00:00Z' }), otherEvent()),
      ),
    ];
    expect(classes(await compare([], [decryptRecord()], { cloudTrail }))).toEqual({ used: 1 });
  });

  it('a call of an unknown account → any that is covered counts', async () => {
    const record = decryptRecord({
      kmsRequestId: undefined,
      awsAccount: undefined,
      awsRegion: undefined,
    });
    expect(classes(await compare([decryptEvent()], [decryptRecord(), record]))).toEqual({
      matched: 1,
      used: 1,
    });
  });
});
