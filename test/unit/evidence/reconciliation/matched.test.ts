import { describe, expect, it } from 'vitest';
import { classes, compare } from './compare.js';
import {
  ALICE,
  atNoon,
  decryptEvent,
  decryptRecord,
  DIGEST,
  KEY,
  OTHER_DIGEST,
  OTHER_KEY,
  REQUEST,
} from './fixtures.js';

type Fields = Record<string, unknown>;

const HOUR = 3_600_000;
const MINUTE = 60_000;

describe('a call and its event', () => {
  it.each([
    ['Decrypt', {}, {}],
    ['Encrypt', { eventName: 'Encrypt' }, { operation: 'Encrypt', kmsOperation: 'Encrypt' }],
    ...[
      'GenerateDataKey',
      'GenerateDataKeyWithoutPlaintext',
      'GenerateDataKeyPair',
      'GenerateDataKeyPairWithoutPlaintext',
    ].map((name): [string, Fields, Fields] => [
      `${name}, which encrypts`,
      { eventName: name },
      { operation: 'Encrypt', kmsOperation: name },
    ]),
    [
      'an operation of KMS that is not known',
      { eventName: 'BulkDecrypt' },
      { kmsOperation: 'BulkDecrypt' },
    ],
    [
      'a key that the event names by its id',
      { resources: [], requestParameters: { keyId: KEY.split('/')[1] } },
      {},
    ],
    [
      'a key that the event names by an alias',
      { resources: [], requestParameters: { keyId: 'alias/payroll' } },
      {},
    ],
    ['an event without a key', { resources: null, requestParameters: null }, {}],
    [
      'a failure of both',
      { errorCode: 'KMSInvalidStateException' },
      { result: 'failure', status: 400, errorName: 'InvalidCiphertextException' },
    ],
    [
      'a call of AWS itself',
      { userIdentity: { type: 'AWSService', invokedBy: 'AWS Internal' } },
      { awsPrincipalArn: 'AWS Internal' },
    ],
    [
      'a service for a principal',
      { userIdentity: { invokedBy: 's3.amazonaws.com' } },
      { kmsViaService: 's3.eu-central-1.amazonaws.com' },
    ],
    [
      'a failed event without the fields of external key stores',
      { errorCode: 'KMSInvalidStateException', additionalEventData: null },
      { result: 'failure', status: 503, errorName: 'DependencyTimeoutException' },
    ],
  ] as [string, Fields, Fields][])('%s → matched', async (_, event, record) => {
    const result = await compare([decryptEvent(event)], [decryptRecord(record)]);
    expect(classes(result)).toEqual({ matched: 1 });
    expect(result.alarming).toBe(false);
  });

  it('CreateKey, before there is an ARN → matched by the external key', async () => {
    const event = decryptEvent({
      eventName: 'CreateKey',
      requestParameters: {
        origin: 'EXTERNAL_KEY_STORE',
        customKeyStoreId: 'cks-0123456789abcdef0',
        xksKeyId: 'payroll',
      },
      additionalEventData: undefined,
      readOnly: false,
    });
    const record = decryptRecord({
      operation: 'GetKeyMetadata',
      kmsOperation: 'CreateKey',
      kmsKeyArn: undefined,
    });
    expect(classes(await compare([event], [record]))).toEqual({ matched: 1 });
    const another = { ...record, externalKeyId: 'other' };
    expect(classes(await compare([event], [another]))).toEqual({ used: 1, neverArrived: 1 });
  });

  it('a call that KMS repeats → matched once, the repeat counted', async () => {
    const input = { aadSha256: DIGEST, ciphertextSha256: OTHER_DIGEST };
    const calls = [decryptRecord(input), decryptRecord({ ...input, time: atNoon(10) })];
    const result = await compare([decryptEvent()], calls);
    expect(classes(result)).toEqual({ matched: 1, repeats: 1 });
    expect(result.matched.repeatedTooOften.count).toBe(0);
  });

  it('an Encrypt that KMS repeats, whose ciphertext is another each time → a repeat', async () => {
    const encrypt = { operation: 'Encrypt', kmsOperation: 'Encrypt', aadSha256: DIGEST };
    const calls = [DIGEST, OTHER_DIGEST].map((ciphertextSha256) =>
      decryptRecord({ ...encrypt, ciphertextSha256 }),
    );
    const result = await compare([decryptEvent({ eventName: 'Encrypt' })], calls);
    expect(classes(result)).toEqual({ matched: 1, repeats: 1 });
    expect(result.alarming).toBe(false);
  });

  it('a call that came three times → alarm that names it, in the period of its event alone', async () => {
    const calls = Array<Fields>(3).fill(decryptRecord({ time: atNoon(20) }));
    const result = await compare([decryptEvent()], calls);
    expect(classes(result)).toEqual({ matched: 1, repeats: 2 });
    expect(result.matched.repeatedTooOften.first).toEqual([{ requestId: REQUEST, calls: 3 }]);
    expect(result.alarming).toBe(true);
    const period = { from: Date.parse(atNoon(10)), to: undefined };
    expect((await compare([decryptEvent()], calls, { period })).alarming).toBe(false);
  });

  it.each([-5 * MINUTE, 5 * MINUTE])('a call %i ms from its event → matched', async (offsetMs) => {
    const record = decryptRecord({ time: atNoon(offsetMs) });
    expect(classes(await compare([decryptEvent()], [record]))).toEqual({ matched: 1 });
  });

  it('an event that was delivered twice → counted once', async () => {
    const result = await compare([decryptEvent(), decryptEvent()], [decryptRecord()]);
    expect(classes(result)).toEqual({ matched: 1 });
    expect(result.cloudTrail).toMatchObject({ externalKeyEvents: 1, repetitions: 1 });
  });

  it("the events of caller's and owner's trail → one", async () => {
    const shared = { sharedEventID: 'e0000000-0000-4000-8000-000000000001' };
    const owner = decryptEvent({
      ...shared,
      userIdentity: { type: 'AWSAccount', principalId: 'AIDAEXAMPLE', accountId: '444455556666' },
      requestParameters: null,
      eventID: 'f0000000-0000-4000-8000-000000000002',
    });
    const caller = decryptEvent({ ...shared, recipientAccountId: '444455556666' });
    for (const events of [
      [owner, caller],
      [caller, owner],
    ]) {
      const result = await compare(events, [decryptRecord()]);
      expect(classes(result)).toEqual({ matched: 1 });
      const unmatched = await compare(events, []);
      expect(unmatched.inCloudTrailNeverArrivedHere.first).toMatchObject([{ principal: ALICE }]);
    }
  });
});

describe('ReEncrypt', () => {
  const event = decryptEvent({
    eventName: 'ReEncrypt',
    requestParameters: { destinationKeyId: OTHER_KEY.split('/')[1] },
    resources: [{ ARN: KEY }, { ARN: OTHER_KEY }],
    additionalEventData: { customKeyStoreId: 'cks-0123456789abcdef0', xksKeyId: 'payroll' },
  });
  const from = decryptRecord({ kmsOperation: 'ReEncrypt' });
  const to = decryptRecord({
    kmsOperation: 'ReEncrypt',
    operation: 'Encrypt',
    kmsKeyArn: OTHER_KEY,
    externalKeyId: 'archive',
  });
  const earlier = decryptRecord({
    kmsRequestId: 'earlier',
    kmsKeyArn: OTHER_KEY,
    time: atNoon(-HOUR),
  });
  const earlierEvent = decryptEvent({
    requestID: 'earlier',
    resources: [{ ARN: OTHER_KEY }],
    eventTime: '2026-03-01T11:00:00Z',
  });

  it('two calls with one request id, each of its own data → both matched to the one event', async () => {
    const opened = { ...from, aadSha256: DIGEST, ciphertextSha256: DIGEST };
    const sealed = { ...to, aadSha256: OTHER_DIGEST, ciphertextSha256: OTHER_DIGEST };
    expect(classes(await compare([event], [opened, sealed]))).toEqual({ matched: 2 });
  });

  it('a second Encrypt of other additional data → used here without an event', async () => {
    const another = { ...to, aadSha256: DIGEST };
    const result = await compare([event], [from, to, another]);
    expect(classes(result)).toEqual({ matched: 2, used: 1 });
    expect(result.usedHereWithoutCloudTrailEvent.first).toMatchObject([{ why: 'other-input' }]);
  });

  it('between two keys of which KMS itself has the source → one call is enough', async () => {
    expect(classes(await compare([event], [to]))).toEqual({ matched: 1 });
  });

  it('one call missing with a key that is used here → never arrived', async () => {
    const records = [{ ...earlier, externalKeyId: undefined }, from];
    const result = await compare([earlierEvent, event], records);
    expect(classes(result)).toEqual({ matched: 2, neverArrived: 1 });
    expect(result.inCloudTrailNeverArrivedHere.first).toMatchObject([
      { operations: ['Encrypt'], keys: [OTHER_KEY] },
    ]);
  });

  it('under one key, which the event lists once → both calls matched', async () => {
    const once = {
      ...event,
      resources: [{ ARN: KEY }],
      requestParameters: { destinationKeyId: KEY },
    };
    const back = { ...to, kmsKeyArn: KEY, externalKeyId: 'payroll' };
    expect(classes(await compare([once], [from, back]))).toEqual({ matched: 2 });
  });

  it('a Decrypt under the destination key → used here without an event', async () => {
    const crossed = { ...from, kmsKeyArn: OTHER_KEY };
    const result = await compare([event], [from, to, crossed]);
    expect(result.usedHereWithoutCloudTrailEvent.first).toMatchObject([{ why: 'other-key' }]);
  });
});
