import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { classes, compare } from './compare.js';
import {
  ACCOUNT,
  ALICE,
  atNoon,
  decryptEvent,
  decryptRecord,
  KEY,
  NOON,
  wholeDay,
  writeLog,
} from './fixtures.js';

const HOUR = 3_600_000;
const MINUTE = 60_000;

const generateEvent = decryptEvent({ eventName: 'GenerateDataKey' });
const generateRecord = decryptRecord({ operation: 'Encrypt', kmsOperation: 'GenerateDataKey' });

describe('in CloudTrail, never arrived here', () => {
  const lost = decryptEvent({ requestID: 'lost' });

  it('a successful event without a call → alarm', async () => {
    const result = await compare([decryptEvent(), lost], [decryptRecord()]);
    expect(classes(result)).toEqual({ matched: 1, neverArrived: 1 });
    expect(result.alarming).toBe(true);
    expect(result.inCloudTrailNeverArrivedHere.first).toEqual([
      {
        time: NOON,
        requestId: 'lost',
        eventName: 'Decrypt',
        operations: ['Decrypt'],
        keys: [KEY],
        externalKeyIds: ['payroll'],
        customKeyStoreIds: ['cks-0123456789abcdef0'],
        principal: ALICE,
        account: ACCOUNT,
        region: 'eu-central-1',
      },
    ]);
  });

  it.each([
    'AccessDenied',
    'DisabledException',
    'KMSInvalidStateException',
    'DryRunOperationException',
  ])('an event that ended with %s → explained', async (errorCode) => {
    const result = await compare([decryptEvent({ errorCode })], []);
    expect(result.explained.failedInKms).toEqual({ [errorCode]: 1 });
    expect(result.alarming).toBe(false);
  });

  it.each([
    ['of a key of KMS itself', { additionalEventData: { keyMaterialId: 'x' } }],
    [
      'of a CloudHSM key store',
      { additionalEventData: { customKeyStoreId: 'cks-fedcba9876543210f' } },
    ],
    ['that needs no proxy', { eventName: 'DescribeKey' }],
    ['of another service', { eventSource: 'ssm.amazonaws.com' }],
  ])('an event %s → none of our business', async (_, changes) => {
    expect(classes(await compare([decryptEvent(changes)], []))).toEqual({});
  });

  it('a call of KMS without a request id → counted', async () => {
    const result = await compare([decryptEvent({ requestID: undefined })], []);
    expect(result.cloudTrail.withoutRequestId).toBe(1);
  });

  it.each([
    ['before the log', '2026-02-28T23:59:59Z', { beforeLog: 1 }],
    ['after the log', '2026-03-02T00:00:00Z', { afterLog: 1 }],
  ])('an event from %s → explained', async (_, eventTime, expected) => {
    expect(classes(await compare([decryptEvent({ eventTime })], []))).toEqual(expected);
  });

  it('a gap in which one request was served → explains one event', async () => {
    const gap = {
      type: 'gap',
      time: atNoon(MINUTE),
      from: atNoon(-MINUTE),
      to: atNoon(MINUTE),
      reason: 'ENOSPC',
      refused: 3,
      served: 1,
    };
    expect(classes(await compare([decryptEvent(), lost], [gap]))).toEqual({
      inGap: 1,
      neverArrived: 1,
    });
    const refusing = { ...gap, served: 0 };
    expect(classes(await compare([lost], [refusing]))).toEqual({ neverArrived: 1 });
  });

  it('an event of a key store that was not asked about → explained', async () => {
    const mine = await compare([lost], [], { customKeyStores: ['cks-0123456789abcdef0'] });
    expect(classes(mine)).toEqual({ neverArrived: 1 });
    const other = await compare([lost], [], { customKeyStores: ['cks-fedcba9876543210f'] });
    expect(classes(other)).toEqual({ otherKeyStore: 1 });
  });
});

describe('a period', () => {
  it('calls and events outside of it → not counted, though matched at its edges', async () => {
    const period = { from: Date.parse(NOON), to: Date.parse(atNoon(HOUR)) };
    const events = [
      decryptEvent(),
      decryptEvent({ requestID: 'at the end', eventTime: '2026-03-01T13:00:00Z' }),
      decryptEvent({ requestID: 'inside', eventTime: '2026-03-01T12:30:00Z' }),
    ];
    const records = [
      // 20 ms before noon; its event is of noon.
      decryptRecord(),
      decryptRecord({ kmsRequestId: 'inside', time: atNoon(30 * MINUTE) }),
      decryptRecord({ kmsRequestId: 'late', time: atNoon(HOUR) }),
    ];
    const result = await compare(events, records, { period });
    expect(classes(result)).toEqual({ matched: 1 });
    expect(result.range).toEqual({ from: NOON, to: atNoon(HOUR) });
  });
});

describe('several logs', () => {
  it("calls in any replica's log → matched", async () => {
    const folder = temporaryFolder();
    const logs = [
      writeLog(join(folder, 'a'), wholeDay(decryptRecord())),
      writeLog(join(folder, 'b'), wholeDay({ ...generateRecord, kmsRequestId: 'b' })),
    ];
    const events = [decryptEvent(), { ...generateEvent, requestID: 'b' }];
    const result = await compare(events, [], { logs });
    expect(classes(result)).toEqual({ matched: 2 });
    expect(result.logs).toHaveLength(2);
  });

  it('a log whose beginning was removed → events before its first record are explained', async () => {
    const folder = temporaryFolder();
    const late = decryptRecord({ kmsRequestId: 'late', time: atNoon(HOUR / 2) });
    const logs = [
      writeLog(join(folder, 'a'), wholeDay()),
      writeLog(join(folder, 'b'), [late], 500),
    ];
    const lateEvent = decryptEvent({ requestID: 'late', eventTime: '2026-03-01T12:30:00Z' });
    expect(classes(await compare([decryptEvent(), lateEvent], [], { logs }))).toEqual({
      matched: 1,
      beforeLog: 1,
    });
  });

  it('a log that is named twice → read once', async () => {
    const log = writeLog(join(temporaryFolder(), 'a'), wholeDay(decryptRecord()));
    const result = await compare([decryptEvent()], [], { logs: [log, log] });
    expect(classes(result)).toEqual({ matched: 1 });
  });
});
