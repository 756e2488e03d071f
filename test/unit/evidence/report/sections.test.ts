import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import {
  type Draft,
  FROM,
  operation,
  refusal,
  report,
  rowsOf,
  TO,
  writeLog,
} from './report-log.js';

async function rows(drafts: readonly Draft[], table: string): Promise<Record<string, unknown>[]> {
  return rowsOf(await report([writeLog(temporaryFolder(), drafts)]), table);
}

describe('the operations of a report', () => {
  const drafts = [
    operation(),
    operation({ location: 'Berlin', operation: 'Decrypt', kmsViaService: 's3.amazonaws.com' }),
    operation(),
    refusal('AccessDeniedException', { externalKeyId: 'other' }),
    operation({ time: new Date(FROM - 1).toISOString() }),
    operation({ time: new Date(TO).toISOString() }),
    { type: 'health-check', clientAddress: '192.0.2.9', result: 'success', status: 200 },
  ];

  it.each([
    ['operations-by-location', 'location', { Frankfurt: 2, Berlin: 1, '(not recorded)': 1 }],
    ['operations-by-external-key-id', 'externalKeyId', { payroll: 3, other: 1 }],
    [
      'operations-by-kms-via-service',
      'kmsViaService',
      { '(not recorded)': 3, 's3.amazonaws.com': 1 },
    ],
    ['operations-by-result', 'result', { success: 3, AccessDeniedException: 1 }],
    ['operations-by-aws-account', 'awsAccount', { '111122223333': 4 }],
    ['operations-by-aws-region', 'awsRegion', { 'eu-central-1': 4 }],
    ['records-by-type', 'type', { 'key-operation': 4, 'health-check': 1 }],
  ])('%s → the records of the period alone', async (table, key, expected) => {
    const found = await rows(drafts, table);
    expect(Object.fromEntries(found.map((row) => [row[key], row['total']]))).toEqual(expected);
  });

  it('over time → a step a day, those without an operation too', async () => {
    const found = await rows(drafts, 'operations-over-time');
    expect(found).toHaveLength(31);
    expect(found[0]).toEqual({ from: '2026-01-01', success: 3, failure: 1 });
    expect(found[30]).toEqual({ from: '2026-01-31', success: 0, failure: 0 });
  });

  it('more values than lines → a line for the others', async () => {
    const many = ['a', 'b', 'c', 'c'].map((externalKeyId) => operation({ externalKeyId }));
    const made = await report([writeLog(temporaryFolder(), many)], { limit: 1 });
    expect(rowsOf(made, 'operations-by-external-key-id')).toMatchObject([
      { externalKeyId: 'c', total: 2 },
      { externalKeyId: 'others (2)', total: 2 },
    ]);
  });
});

describe('the other sections of a report', () => {
  it('denials → by decision, error and cause, without what failed for other reasons', async () => {
    const denied = { authorization: { decision: 'denied', by: 'exposes' }, cause: 'not exposed' };
    const made = await report([
      writeLog(temporaryFolder(), [
        refusal('AccessDeniedException', denied),
        refusal('InvalidKeyUsageException'),
        refusal('DependencyTimeoutException'),
      ]),
    ]);
    expect(rowsOf(made, 'authorization-denied')).toMatchObject([
      { externalKeyId: 'payroll', total: 1 },
    ]);
    expect(rowsOf(made, 'refusals').map((row) => row['errorName'])).toEqual([
      'AccessDeniedException',
      'InvalidKeyUsageException',
    ]);
    expect(rowsOf(made, 'refusal-causes')).toMatchObject([{ cause: 'not exposed' }, {}]);
  });

  it('a principal with line feeds, numbers and a time → one cell of one row', async () => {
    const awsPrincipalArn = 'arn:aws:iam::1:role/innocent\n7777\n7777\n0\n2020-01-01';
    const denied = { awsPrincipalArn, authorization: { decision: 'denied', by: 'exposes' } };
    const made = await report([
      writeLog(temporaryFolder(), [refusal('AccessDeniedException', denied)]),
    ]);
    const first = new Date(FROM).toISOString();
    const counts = { total: 1, success: 0, failure: 1, first, last: first };
    expect(rowsOf(made, 'operations-by-aws-principal-arn')).toEqual([
      { awsPrincipalArn, ...counts },
    ]);
    expect(rowsOf(made, 'authorization-denied')).toEqual([
      { externalKeyId: 'payroll', awsPrincipalArn, by: 'exposes', ...counts },
    ]);
  });

  it('a record with other things than texts → told as JSON', async () => {
    const strange = operation({ awsPrincipalArn: { toString: 1 }, kmsOperation: 7 });
    const made = await report([writeLog(temporaryFolder(), [strange])]);
    expect(rowsOf(made, 'operations-by-aws-principal-arn')).toMatchObject([
      { awsPrincipalArn: '{"toString":1}' },
    ]);
    expect(rowsOf(made, 'operations-by-kms-operation')).toMatchObject([{ kmsOperation: '7' }]);
  });

  it('unauthenticated requests → by failure, address and claim, and those left out', async () => {
    const stranger = { type: 'unauthenticated', clientAddress: '203.0.113.7', result: 'failure' };
    const time = new Date(FROM).toISOString();
    const made = await report([
      writeLog(temporaryFolder(), [
        {
          ...stranger,
          errorName: 'AuthenticationFailedException',
          authenticationFailure: 'no date',
        },
        { ...stranger, errorName: 'InvalidUriPathException', target: '/admin' },
        {
          type: 'omitted',
          from: time,
          to: time,
          count: 7,
          byErrorName: { InvalidUriPathException: 7 },
        },
      ]),
    ]);
    expect(rowsOf(made, 'unauthenticated-failures')).toMatchObject([
      { errorName: 'AuthenticationFailedException', why: 'no date' },
      { errorName: 'InvalidUriPathException', why: 'no such path' },
    ]);
    expect(rowsOf(made, 'unauthenticated-addresses')).toMatchObject([{ total: 2 }]);
    expect(rowsOf(made, 'omitted')).toMatchObject([
      { count: 7, byErrorName: 'InvalidUriPathException: 7' },
    ]);
  });

  it('a configuration that changed → what it said and says, also over several records', async () => {
    const part = (number: number, parts: number, settings: object[]): Draft => ({
      type: 'configuration',
      file: 'holdfast.yaml',
      sha256: `${parts}`,
      keyManagers: [],
      keyStores: [],
      part: number,
      parts,
      settings,
    });
    const exposes = (value: string) => ({ path: 'keyStores[p].exposes', value });
    const limit = (value: number) => ({ path: 'deadlineMs', value });
    const names = { path: 'listeners[public].tls.clientCertificates.allowedNames', value: 'kms' };
    const made = await report([
      writeLog(temporaryFolder(), [
        part(1, 1, [limit(140), exposes('a'), exposes('b'), names]),
        part(1, 2, [limit(999), exposes('b')]),
        part(2, 2, [exposes('c')]),
        part(1, 2, [limit(999), exposes('b')]),
        part(2, 2, [exposes('c')]),
      ]),
    ]);
    expect(rowsOf(made, 'configuration-changes')).toMatchObject([
      { sequence: 2, setting: 'deadlineMs', before: '140', after: '999' },
      { setting: 'keyStores[p].exposes', before: 'a', after: 'c' },
      { setting: names.path, before: 'kms', after: '' },
    ]);
    expect(rowsOf(made, 'configurations')).toHaveLength(3);
  });

  it('acts, starts and configurations → in their order, and whether a configuration changed', async () => {
    const configuration = (sha256: string): Draft => ({
      type: 'configuration',
      file: 'holdfast.yaml',
      sha256,
      keyManagers: [{ name: 'hsm', type: 'pkcs11', nodes: [{ name: 'a', location: 'Berlin' }] }],
      keyStores: [{ name: 'p', uriPath: '/p/kms/xks/v1', keyManager: 'hsm', accessKeyIds: ['AK'] }],
    });
    const start = { type: 'start', version: '1.0.0', nodeVersion: '20.20.2', processId: 7 };
    const act = { type: 'administrative-act', by: 'admin-socket', request: { externalKeyId: 'x' } };
    const made = await report([
      writeLog(temporaryFolder(), [
        start,
        configuration('aa'),
        { ...act, act: 'createKey', result: 'success' },
        { ...act, act: 'exportKeyStore', result: 'failure', errorCode: 'not-found' },
        { type: 'stop' },
        start,
        configuration('aa'),
        configuration('bb'),
      ]),
    ]);
    expect(rowsOf(made, 'starts-and-stops').map((row) => row['event'])).toEqual([
      'start',
      'stop',
      'start',
    ]);
    expect(rowsOf(made, 'configurations').map((row) => row['change'])).toEqual([
      'first in this log',
      'none',
      'changed',
    ]);
    expect(rowsOf(made, 'configurations')[0]).toMatchObject({
      keyManagers: 'hsm: pkcs11 (a in Berlin)',
      keyStores: 'p: /p/kms/xks/v1 (AK)',
    });
    expect(rowsOf(made, 'administrative-acts')).toMatchObject([
      { act: 'createKey', request: '{"externalKeyId":"x"}' },
      { act: 'exportKeyStore', errorCode: 'not-found' },
    ]);
  });

  it('events → each with its fields, and the critical ones among the findings', async () => {
    const key = { type: 'event', keyManager: 'hsm', externalKeyId: 'payroll' };
    const expired = { event: 'key-expired', severity: 'critical', expiresAt: '2026-01-01' };
    const materialNames = ['ab', 'cd'];
    const made = await report([
      writeLog(temporaryFolder(), [
        { ...key, ...expired },
        { ...key, event: 'key-destroyed', severity: 'warning', materialNames },
      ]),
    ]);
    const about = 'keyManager: hsm; externalKeyId: payroll';
    expect(rowsOf(made, 'events')).toMatchObject([
      { event: 'key-expired', severity: 'critical', details: `${about}; expiresAt: 2026-01-01` },
      { event: 'key-destroyed', details: `${about}; materialNames: ab, cd` },
    ]);
    expect(rowsOf(made, 'findings')).toContainEqual(
      expect.objectContaining({ finding: 'Critical events were told.', count: 1 }),
    );
  });

  it('gaps → those that the log tells, and those that show', async () => {
    const time = new Date(FROM).toISOString();
    const range = { firstSequence: 1, lastSequence: 2 };
    const start = { type: 'start', version: '1', nodeVersion: '20', processId: 1 };
    const parent = temporaryFolder();
    const made = await report([
      writeLog(
        parent,
        [
          start,
          start,
          { type: 'recovery', tornBytes: 5 },
          { type: 'gap', from: time, to: time, reason: 'ENOSPC', refused: 3, served: 0 },
          { type: 'retention', ...range },
          { type: 'sink-gap', sink: 'siem', ...range },
          { type: 'abandoned', record: 4, reason: 'deadline' },
          { type: 'stop', sequence: 99 },
          { ...start, sequence: 100, time },
        ],
        { first: 10 },
      ),
    ]);
    expect(rowsOf(made, 'gaps').map((row) => row['kind'])).toEqual([
      'beginning',
      'no stop',
      'recovery',
      'gap',
      'retention',
      'sink-gap',
      'sequence',
      'clock',
    ]);
    expect(rowsOf(made, 'abandoned')).toMatchObject([{ reason: 'deadline', total: 1 }]);
  });
});

describe('the clock of a log', () => {
  it.each([
    [5000, 0],
    [5001, 1],
  ])('%i ms back → %i gaps', async (back, count) => {
    const time = new Date(FROM + 60_000 - back).toISOString();
    const found = await rows([operation(), operation(), operation({ time })], 'gaps');
    expect(found).toHaveLength(count);
  });
});
