import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import {
  type Draft,
  inventory,
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

describe('the keys of a report', () => {
  it('inventories → the newest one, with use and cryptoperiod', async () => {
    const old = {
      externalKeyId: 'payroll',
      createdAt: '2025-01-01T00:00:00.000Z',
      currentVersion: 1,
    };
    const folder = writeLog(temporaryFolder(), [
      inventory([old, { externalKeyId: 'gone' }]),
      operation(),
      operation({ operation: 'Decrypt' }),
      refusal('InvalidKeyUsageException'),
      operation({ externalKeyId: 'unknown' }),
      inventory([old], { parts: 2 }),
      inventory([{ externalKeyId: 'hr', state: 'DISABLED', problem: 'its counter is missing' }], {
        part: 2,
        parts: 2,
      }),
      inventory([{ externalKeyId: 'later' }], { time: new Date(TO).toISOString() }),
    ]);
    const made = await report([folder], { cryptoperiodDays: 365 });
    expect(rowsOf(made, 'keys')).toMatchObject([
      {
        externalKeyId: 'payroll',
        algorithm: 'AES_256',
        versions: 1,
      },
      { externalKeyId: 'hr', state: 'DISABLED', problem: 'its counter is missing' },
    ]);
    expect(rowsOf(made, 'cryptoperiods')).toMatchObject([
      {
        externalKeyId: 'payroll',
        cryptoperiodFrom: '2025-01-01T00:00:00.000Z',
        cryptoperiodDays: 396,
        overLimit: 'yes',
        encryptions: 1,
        decryptions: 1,
        failures: 1,
      },
      { externalKeyId: 'hr', overLimit: 'not known', encryptions: 0 },
    ]);
    expect(rowsOf(made, 'keys-without-inventory')).toMatchObject([
      { externalKeyId: 'unknown', encryptions: 1 },
    ]);
  });

  it('another version since → the cryptoperiod begins with the inventory that first had it', async () => {
    const key = { externalKeyId: 'payroll', createdAt: '2020-01-01T00:00:00.000Z' };
    const seen = '2026-01-20T00:00:00.000Z';
    const found = await rows(
      [
        inventory([{ ...key, currentVersion: 1 }]),
        inventory([{ ...key, currentVersion: 2 }], { time: seen }),
        inventory([{ ...key, currentVersion: 2 }], { time: '2026-01-25T00:00:00.000Z' }),
      ],
      'cryptoperiods',
    );
    expect(found).toMatchObject([{ cryptoperiodFrom: seen, cryptoperiodDays: 12 }]);
  });

  it('an inventory that is not complete → the one before', async () => {
    const found = await rows(
      [
        inventory([{ externalKeyId: 'payroll' }]),
        inventory([{ externalKeyId: 'a' }], { parts: 3 }),
        inventory([{ externalKeyId: 'c' }], { part: 3, parts: 3 }),
      ],
      'keys',
    );
    expect(found).toMatchObject([{ externalKeyId: 'payroll' }]);
  });

  it('use of keys in any state but ENABLED → by inventory and by answer', async () => {
    const made = await report([
      writeLog(temporaryFolder(), [
        operation(),
        inventory([
          { externalKeyId: 'payroll', state: 'DISABLED' },
          { externalKeyId: 'hr', state: 'PENDING_DELETION' },
        ]),
        refusal('InvalidStateException', { cause: 'the key is disabled' }),
        operation({ externalKeyId: 'hr', operation: 'Decrypt' }),
        inventory([{ externalKeyId: 'payroll' }]),
        operation(),
      ]),
    ]);
    expect(rowsOf(made, 'disabled-by-inventory')).toMatchObject([
      { externalKeyId: 'hr', state: 'PENDING_DELETION', operation: 'Decrypt', success: 1 },
      { externalKeyId: 'payroll', state: 'DISABLED', failure: 1, total: 1 },
    ]);
    expect(rowsOf(made, 'disabled-by-answer')).toMatchObject([
      { externalKeyId: 'payroll', cause: 'the key is disabled', total: 1 },
    ]);
  });
});
