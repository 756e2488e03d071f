import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeReport } from '../../../../src/evidence/report/report.js';
import { LogFolder } from '../../../../src/audit/read/log-folder.js';
import { auditSigner, runServer } from '../../../support/audit-log-folder.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import {
  type Draft,
  FROM,
  inventory,
  operation,
  refusal,
  report,
  rowsOf,
  TO,
  writeLog,
} from './report-log.js';

const BEFORE = new Date(FROM - 1000).toISOString();
const time = new Date(FROM).toISOString();
const act = { type: 'administrative-act', act: 'createKey', by: 'alice', result: 'success' };
const stranger = { type: 'unauthenticated', clientAddress: '203.0.113.7', result: 'failure' };
const start = { type: 'start', version: '1', nodeVersion: '20', processId: 1 };
const other = { awsPrincipalArn: 'arn:aws:iam::1:role/other' };

function configuration(settings: readonly object[]): Draft {
  const owners = { keyManagers: [], keyStores: [] };
  return { type: 'configuration', file: 'a', sha256: 'a', ...owners, part: 1, parts: 1, settings };
}

const setting = (path: string, value: unknown) => ({ path, value });

/** Findings of a report of these records, without what is said of a log without signatures. */
async function findings(drafts: readonly Draft[], days?: number) {
  const log = writeLog(temporaryFolder(), drafts);
  const made = await report([log], { cryptoperiodDays: days });
  return rowsOf(made, 'findings')
    .filter(({ section }) => section !== 'summary')
    .map(({ level, count, section, finding }) => [level, count, section, finding]);
}

describe('the findings of a report', () => {
  it('ordinary use → none', async () => {
    const keys = inventory([{ externalKeyId: 'payroll' }]);
    expect(await findings([keys, operation(), operation({ operation: 'Decrypt' })])).toEqual([]);
  });

  it.each<[what: string, drafts: Draft[], finding: unknown[]]>([
    [
      'a principal that is new to a key',
      [operation({ time: BEFORE }), operation(), operation(other)],
      ['check', 1, 'key-principals', expect.stringContaining('had not used them before')],
    ],
    [
      'a principal that is only ever refused',
      [operation(), refusal('ThrottlingException', other)],
      ['check', 1, 'key-principals', expect.stringContaining('refused, or failed, each time')],
    ],
    [
      'denied uses',
      [
        operation(),
        refusal('AccessDeniedException', { authorization: { decision: 'denied', by: 'exposes' } }),
      ],
      ['check', 1, 'denials', expect.stringContaining('denied the use')],
    ],
    [
      'ciphertexts that do not open',
      [operation(), refusal('InvalidCiphertextException'), refusal('InvalidCiphertextException')],
      ['check', 2, 'denials', expect.stringContaining('InvalidCiphertextException')],
    ],
    [
      'the use of a disabled key',
      [inventory([{ externalKeyId: 'payroll', state: 'DISABLED' }]), operation()],
      ['check', 1, 'disabled-keys', expect.stringContaining('succeeded')],
    ],
    [
      'a failure of the key manager',
      [operation(), refusal('DependencyTimeoutException')],
      ['note', 1, 'operations', expect.stringContaining('failed')],
    ],
    [
      'a signature that does not hold',
      [{ ...stranger, authenticationFailure: 'no date' }],
      ['check', 1, 'unauthenticated', 'Requests had no valid signature.'],
    ],
    [
      'requests that were only counted',
      [{ type: 'omitted', from: time, to: time, count: 7, byErrorName: {} }],
      ['check', 7, 'unauthenticated', expect.stringContaining('not recorded')],
    ],
    [
      'credentials that were handed out',
      [{ ...act, act: 'exportKeyStore', with: { means: 'admin-socket', uid: 0 }, request: {} }],
      ['check', 1, 'administration', expect.stringContaining('credentials')],
    ],
    [
      'an act that was refused',
      [{ ...act, result: 'failure', with: { means: 'admin-socket', uid: 0 }, request: {} }],
      ['check', 1, 'administration', expect.stringContaining('refused or failed')],
    ],
    [
      'an act of nobody',
      [{ ...act, request: {} }],
      ['check', 1, 'administration', expect.stringContaining('have no user')],
    ],
    [
      'late syncs',
      [{ type: 'late-sync', from: time, to: time, answers: 3 }],
      ['check', 3, 'gaps', expect.stringContaining('before their records')],
    ],
    [
      'requests without a record',
      [{ type: 'gap', from: time, to: time, reason: 'EIO', refused: 0, served: 9 }],
      ['wrong', 9, 'gaps', expect.stringContaining('without a record')],
    ],
    [
      'records that are missing',
      [operation(), operation({ sequence: 7 })],
      ['wrong', 1, 'gaps', expect.stringContaining('missing in between')],
    ],
    [
      'a start without a stop',
      [start, start],
      ['check', 1, 'gaps', 'Starts without a stop before.'],
    ],
    [
      'a key without an inventory',
      [inventory([]), operation()],
      ['check', 1, 'keys', expect.stringContaining('in no inventory')],
    ],
    [
      'a key over its cryptoperiod',
      [inventory([{ externalKeyId: 'a', createdAt: '2020-01-01T00:00:00.000Z' }])],
      ['check', 1, 'keys', expect.stringContaining('365 days')],
    ],
    [
      'a key with a problem',
      [inventory([{ externalKeyId: 'a', state: 'DISABLED', problem: 'no counter' }])],
      ['check', 1, 'keys', expect.stringContaining('because of a problem')],
    ],
  ])('%s → told, with the number and the section', async (_, drafts, finding) => {
    expect(await findings(drafts, 365)).toContainEqual(finding);
  });

  it.each<[path: string, before: unknown[], after: unknown[], loosens: boolean]>([
    ['audit.durability', ['synced'], ['written'], true],
    ['audit.durability', ['written'], ['synced'], false],
    ['audit.lateSync', ['refuse'], ['answer'], true],
    ['audit.onAuditFailure', ['refuse'], ['serve'], true],
    ['audit.retentionDays', [], [30], true],
    ['audit.retentionDays', [90], [30], true],
    ['audit.retentionDays', [30], [90], false],
    ['audit.retentionDays', [30], [], false],
    ['audit.sinks[siem].name', ['siem'], [], true],
    ['audit.sinks[siem].carries', ['records', 'checkpoints'], ['records'], true],
    ['audit.checkpoints.everyMs', [1000], [60000], true],
    ['keyStores[p].exposes', ['a'], ['a', 'b'], true],
    ['keyStores[p].exposes', ['a', 'b'], ['a'], false],
    ['keyStores[p].credentials[AK].accessKeyId', [], ['AK'], true],
    ['listeners[x].tls.clientCertificates.allowedNames', ['a'], [], true],
    ['listeners[x].tls.clientCertificates.allowedNames', ['a'], ['a', 'b'], true],
    ['listeners[x].plainHttp', [], [true], true],
    ['deadlineMs', [140], [150], false],
  ])('%s from %j to %j → loosens: %s', async (path, before, after, loosens) => {
    const found = await findings([
      configuration([setting('port', 1), ...before.map((value) => setting(path, value))]),
      configuration([setting('port', 1), ...after.map((value) => setting(path, value))]),
    ]);
    const told = found.filter(([, , , finding]) => String(finding).includes('loosened'));
    expect(told).toHaveLength(loosens ? 1 : 0);
    expect(found).toContainEqual([
      'note',
      1,
      'lifecycle',
      'Settings of the configuration changed.',
    ]);
  });

  it('a log that begins in the period → nobody is called new, and it is said why', async () => {
    const made = await report([writeLog(temporaryFolder(), [operation(), operation(other)])]);
    expect(rowsOf(made, 'new-key-principals')).toEqual([]);
    const tables = made.sections.flatMap((section) => section.tables);
    expect(tables.find(({ id }) => id === 'new-key-principals')?.note).toContain('cannot be told');
  });
});

describe('who used which key', () => {
  it('each pair → how often, failures, the first time and the last', async () => {
    const made = await report([
      writeLog(temporaryFolder(), [
        operation(),
        operation({ operation: 'Decrypt' }),
        refusal('AccessDeniedException'),
        operation({ ...other, externalKeyId: 'ledger' }),
        { ...operation(), externalKeyId: undefined },
      ]),
    ]);
    const minute = (at: number) => new Date(FROM + at * 60_000).toISOString();
    const pair = { externalKeyId: 'payroll', awsPrincipalArn: operation()['awsPrincipalArn'] };
    expect(rowsOf(made, 'key-principals')).toMatchObject([
      { ...pair, total: 3, success: 2, failure: 1, first: minute(0), last: minute(2) },
      { externalKeyId: '(not recorded)', total: 1 },
      { externalKeyId: 'ledger', ...other, total: 1 },
    ]);
  });

  it('administrative acts → who, on what, as whom the kernel knows them', async () => {
    const means = { means: 'admin-socket', uid: 0, gid: 0, processId: 9 };
    const made = await report([
      writeLog(temporaryFolder(), [
        { ...act, keyStore: 'p', with: { ...means, loginUid: 7, loginUser: 'bob' }, request: {} },
        { ...act, externalKeyId: 'k', with: { ...means, loginUid: 7 }, request: {} },
      ]),
    ]);
    expect(rowsOf(made, 'administrative-acts')).toMatchObject([
      { by: 'alice', uid: 0, loginUser: 'bob', keyStore: 'p' },
      { by: 'alice', uid: 0, loginUser: 'uid 7', externalKeyId: 'k' },
    ]);
  });
});

describe('the verification in a report', () => {
  const period = { fromMs: 0, toMs: Date.UTC(2100, 0, 1), nowMs: TO, limit: 25 };
  const config = { ...period, generator: 'Holdfast test', cryptoperiodDays: undefined };
  const keys = [auditSigner.verifierKey];

  async function serverLog(): Promise<string> {
    const directory = join(temporaryFolder(), 'log');
    await runServer({ directory, records: 200 });
    return directory;
  }

  it('a log in order → the checkpoint that it rests on, and no fault', async () => {
    const directory = await serverLog();
    const { report: made, isNotAsSigned } = await makeReport([directory], { ...config, keys });
    const [row] = rowsOf(made, 'verification');
    expect(row).toMatchObject({
      log: directory,
      origin: auditSigner.verifierKey.name,
      result: 'nothing is wrong',
      unsigned: 0,
      rootHash: expect.stringMatching(/^.{43}=$/) as unknown,
      keyFingerprints: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
      keyFrom: '--public-key',
      verifiedAt: new Date(TO).toISOString(),
    });
    expect(row?.['treeSize']).toBe(row?.['records']);
    expect(rowsOf(made, 'logs')[0]?.['records']).toBe(row?.['records']);
    expect(isNotAsSigned).toBe(false);
    expect(rowsOf(made, 'findings').map(({ level }) => level)).not.toContain('wrong');
  });

  it.each([
    ['with the key', keys, true],
    ['with the key that the log names', undefined, false],
  ])('a record that was changed, %s → a fault on top', async (_, given, isNotAsSigned) => {
    const directory = await serverLog();
    const last = (await LogFolder.open(directory)).segments.at(-1)?.path ?? '';
    const text = readFileSync(last, 'utf8');
    writeFileSync(last, text.replace('"status":200', '"status":201'));
    const outcome = await makeReport([directory], { ...config, keys: given });
    expect(outcome.isNotAsSigned).toBe(isNotAsSigned);
    expect(outcome.findings[0]).toMatchObject({ level: 'wrong', section: 'summary' });
    const kinds = rowsOf(outcome.report, 'verification-findings').map(({ kind }) => kind);
    expect(kinds).toContain('changed');
    const [row] = rowsOf(outcome.report, 'verification');
    expect(row).toMatchObject({ keyFrom: given === undefined ? 'the log itself' : '--public-key' });
  });
});
