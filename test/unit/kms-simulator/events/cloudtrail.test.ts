import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { KmsEvent } from '../../../../src/evidence/reconciliation/cloudtrail/kms-event.js';
import { readCloudTrail } from '../../../../src/evidence/reconciliation/cloudtrail/read-cloudtrail.js';
import { CloudTrail } from '../../../../src/kms-simulator/events/cloudtrail.js';
import { cloudTrailEvents } from '../../../../src/kms-simulator/events/cloudtrail-event.js';
import type { Outcome } from '../../../../src/kms-simulator/events/finished-call.js';
import { systemClock } from '../../../../src/shared/clock.js';
import { ACCOUNT, callOf, REGION } from '../../../support/kms-simulator/key-stores.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const KEY = `arn:aws:kms:${REGION}:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
const EXTERNAL = { arn: KEY, customKeyStoreId: 'cks-0123456789abcdef0', xksKeyId: 'key-1' };
const AT = { at: Date.parse('2026-03-01T12:00:00.900Z'), region: REGION };

function eventOf(operation: string, outcome: Outcome, call = callOf(operation)) {
  const [delivered] = cloudTrailEvents({ ...call, operation }, outcome, AT);
  return { ...delivered?.event } as Record<string, unknown>;
}

function makeTrail(folder: string): CloudTrail {
  const trail = new CloudTrail({
    bucket: join(folder, 'bucket'),
    spool: join(folder, 'spool'),
    region: REGION,
    deliverEveryMs: 3_600_000,
    clock: systemClock,
    onError: (error) => {
      throw error;
    },
  });
  onTestFinished(() => trail.close());
  return trail;
}

function filesOf(folder: string): string[] {
  return readdirSync(join(folder, 'bucket'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

async function eventsIn(folder: string): Promise<KmsEvent[]> {
  const events: KmsEvent[] = [];
  await readCloudTrail([join(folder, 'bucket')], (event) => events.push(event));
  return events;
}

describe('the event of a call', () => {
  it('of an external key tells key store and external key as CloudTrail does', () => {
    const input = {
      KeyId: 'alias/payroll',
      EncryptionContext: { Department: 'Engineering' },
      CiphertextBlob: 'c2VjcmV0',
    };
    const call = callOf('Decrypt');
    const { eventID, ...event } = eventOf('Decrypt', { input, keys: [EXTERNAL], output: {} }, call);
    expect(eventID).toMatch(/^[0-9a-f-]{36}$/);
    expect(event).toEqual({
      eventVersion: '1.11',
      userIdentity: {
        type: 'IAMUser',
        principalId: expect.stringMatching(/^AIDA[A-Z2-7]{17}$/) as string,
        arn: call.sessionArn,
        accountId: ACCOUNT,
        accessKeyId: call.accessKeyId,
        userName: 'Alice',
      },
      eventTime: '2026-03-01T12:00:00Z',
      eventSource: 'kms.amazonaws.com',
      eventName: 'Decrypt',
      awsRegion: REGION,
      sourceIPAddress: '127.0.0.1',
      userAgent: 'test',
      requestParameters: {
        encryptionAlgorithm: 'SYMMETRIC_DEFAULT',
        keyId: 'alias/payroll',
        encryptionContext: { Department: 'Engineering' },
      },
      responseElements: null,
      additionalEventData: { customKeyStoreId: EXTERNAL.customKeyStoreId, xksKeyId: 'key-1' },
      requestID: call.requestId,
      readOnly: true,
      resources: [{ accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN: KEY }],
      eventType: 'AwsApiCall',
      managementEvent: true,
      recipientAccountId: ACCOUNT,
      eventCategory: 'Management',
    });
  });

  it('of a session tells the session, and its role as the issuer', () => {
    const call = callOf('Encrypt', {
      principalArn: `arn:aws:iam::${ACCOUNT}:role/Payroll`,
      sessionArn: `arn:aws:sts::${ACCOUNT}:assumed-role/Payroll/bob`,
      viaService: 's3.eu-west-1.amazonaws.com',
      sourceVpce: 'vpce-1',
    });
    const event = eventOf('Encrypt', { input: {}, keys: [] }, call);
    expect(event).toMatchObject({
      userIdentity: {
        type: 'AssumedRole',
        arn: call.sessionArn,
        sessionContext: { sessionIssuer: { arn: call.principalArn, userName: 'Payroll' } },
        invokedBy: 's3.eu-west-1.amazonaws.com',
      },
      sourceIPAddress: 's3.eu-west-1.amazonaws.com',
      vpcEndpointId: 'vpce-1',
    });
  });

  it('that failed tells exception and text', () => {
    const error = { name: 'KMSInvalidStateException', message: 'The external key store proxy …' };
    expect(eventOf('Decrypt', { input: {}, keys: [EXTERNAL], error })).toMatchObject({
      errorCode: error.name,
      errorMessage: error.message,
    });
  });

  it('of ReEncrypt tells both keys', () => {
    const other = { ...EXTERNAL, arn: `${KEY}0`, xksKeyId: 'key-2' };
    expect(eventOf('ReEncrypt', { input: {}, keys: [EXTERNAL, other] })).toMatchObject({
      additionalEventData: { sourceXksKeyId: 'key-1', destinationXksKeyId: 'key-2' },
      resources: [{ ARN: KEY }, { ARN: other.arn }],
    });
  });

  it('holds no plaintext, no ciphertext, no policy and no secret half of a credential', () => {
    const secrets = {
      Plaintext: 'CANARY',
      CiphertextBlob: 'CANARY',
      Policy: 'CANARY',
      GrantTokens: ['CANARY'],
      KeyStorePassword: 'CANARY',
      XksProxyAuthenticationCredential: { AccessKeyId: 'PUBLIC', RawSecretAccessKey: 'CANARY' },
    };
    const output = { Plaintext: 'CANARY', CiphertextBlob: 'CANARY' };
    for (const operation of ['CreateCustomKeyStore', 'GenerateDataKey', 'CreateKey', 'Encrypt']) {
      const event = JSON.stringify(
        eventOf(operation, { input: secrets, keys: [EXTERNAL], output }),
      );
      expect(event).not.toContain('CANARY');
      expect(event).toContain('PUBLIC');
    }
  });

  it('of strange inputs can be read by `audit reconcile` all the same', async () => {
    const folder = temporaryFolder();
    const trail = makeTrail(folder);
    let deep: unknown = 'deep';
    for (let level = 0; level < 5000; level += 1) deep = { Deep: [deep] };
    const inputs = [
      { KeyId: 'a', keyId: 'b', KEYID: 'c', KeyID: 'd', __proto__x: 1 },
      { Deep: deep, KeyId: KEY },
      { EncryptionContext: { a: '1', A: '2', keyid: '3' } },
      { Tags: [{ TagKey: 'a', TagValue: 'b' }], XksProxyAuthenticationCredential: 'text' },
    ];
    for (const input of inputs) {
      trail.finished(callOf('Decrypt'), { input, keys: [EXTERNAL], output: {} });
    }
    const error = { name: 'ValidationException', message: 'no' };
    trail.finished(callOf('Decrypt'), { input: { EncryptionContext: deep }, keys: [], error });
    await trail.deliver();
    expect(await eventsIn(folder)).toHaveLength(inputs.length + 1);
  });

  it('with the key of another account goes to both accounts, with a shared id', () => {
    const call = callOf('Decrypt', { account: '999999999999' });
    const events = cloudTrailEvents(call, { input: {}, keys: [EXTERNAL] }, AT);
    expect(events.map(({ account }) => account)).toEqual(['999999999999', ACCOUNT]);
    const ids = events.map(({ event }) => event['sharedEventID']);
    expect(ids[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(ids[1]).toBe(ids[0]);
  });
});

describe('the files of CloudTrail', () => {
  it('are named, placed and packed as in a bucket, and `audit reconcile` reads them', async () => {
    const folder = temporaryFolder();
    const trail = makeTrail(folder);
    const call = callOf('Decrypt');
    trail.finished(call, { input: {}, keys: [EXTERNAL], output: {} });
    trail.finished(callOf('CreateKey'), {
      input: { Origin: 'EXTERNAL_KEY_STORE', XksKeyId: 'key-1', CustomKeyStoreId: 'cks-1' },
      keys: [EXTERNAL],
      output: {},
    });
    await trail.deliver();
    const [file = '', ...others] = filesOf(folder);
    expect(others).toEqual([]);
    expect(basename(file)).toMatch(
      new RegExp(`^${ACCOUNT}_CloudTrail_${REGION}_\\d{8}T\\d{4}Z_[0-9a-zA-Z]{16}\\.json\\.gz$`),
    );
    expect(file).toMatch(
      new RegExp(`/AWSLogs/${ACCOUNT}/CloudTrail/${REGION}/\\d{4}/\\d\\d/\\d\\d/`),
    );
    expect(Object.keys(JSON.parse(gunzipSync(readFileSync(file)).toString()) as object)).toEqual([
      'Records',
    ]);
    const events = await eventsIn(folder);
    expect(events[0]).toMatchObject({ requestId: call.requestId, externalKeyIds: ['key-1'] });
    expect(events[1]).toMatchObject({
      ofExternalKeyStore: true,
      customKeyStoreIds: ['cks-1', EXTERNAL.customKeyStoreId],
    });
  });

  it('hold every event once, however often they are delivered', async () => {
    const folder = temporaryFolder();
    const trail = makeTrail(folder);
    const calls = Array.from({ length: 50 }, () => callOf('Encrypt'));
    for (const call of calls) {
      trail.finished(call, { input: {}, keys: [EXTERNAL], output: {} });
      if (Math.random() < 0.2) await trail.deliver();
      else if (Math.random() < 0.5) void trail.deliver();
    }
    await trail.close();
    const ids = (await eventsIn(folder)).map(({ requestId }) => requestId);
    expect(ids.sort()).toEqual(calls.map(({ requestId }) => requestId).sort());
  });

  it('hold after a crash every event that a caller had an answer for, and not half a line', async () => {
    const folder = temporaryFolder();
    const trail = makeTrail(folder);
    for (let count = 0; count < 3; count += 1) {
      trail.finished(callOf('Encrypt'), { input: {}, keys: [EXTERNAL], output: {} });
    }
    // What is not closed here is closed by nobody, as in a crash.
    const [spooled = ''] = readdirSync(join(folder, 'spool'));
    appendFileSync(join(folder, 'spool', spooled), '{"eventVersion":"1.1');
    await makeTrail(folder).deliver();
    expect(await eventsIn(folder)).toHaveLength(3);
  });

  it('are none where nothing was called', async () => {
    const folder = temporaryFolder();
    await makeTrail(folder).deliver();
    expect(readdirSync(folder)).toEqual([]);
  });
});
