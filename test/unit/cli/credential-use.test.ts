import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { credentialUse } from '../../../src/cli/credential-use.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { lineOf, operation, timeAt, writeSegment } from '../evidence/search/log-folder.js';

const FIELDS = { keyStore: 'payroll', result: 'success' };

describe('the use of credentials by an audit log', () => {
  it('KMS asks for the health of an idle key store → the credential it signs with is in use', async () => {
    const folder = temporaryFolder();
    const records = [
      operation(0, { ...FIELDS, accessKeyId: 'NEW' }),
      operation(1, { ...FIELDS, type: 'health-check', accessKeyId: 'OLD' }),
      operation(2, { ...FIELDS, type: 'health-check', accessKeyId: 'OLD' }),
      operation(3, { ...FIELDS, accessKeyId: 'FORGED', authenticationFailure: 'signature' }),
      operation(4, { ...FIELDS, keyStore: 'other', accessKeyId: 'OTHER' }),
    ];
    writeSegment(folder, { first: 0, lines: records.map(lineOf) });
    const useSince = await credentialUse('payroll', folder);
    expect(await useSince?.(new Date(0))).toEqual(
      new Map([
        ['NEW', { requests: 1, firstAt: Date.parse(timeAt(0)) }],
        ['OLD', { requests: 2, firstAt: Date.parse(timeAt(1)) }],
      ]),
    );
  });

  it('asked again → the log is read on from where it was, and what is older is forgotten', async () => {
    const folder = temporaryFolder();
    const first = [operation(0, { ...FIELDS, accessKeyId: 'OLD' })];
    const path = writeSegment(folder, { first: 0, lines: first.map(lineOf) });
    const useSince = await credentialUse('payroll', folder);
    expect(await useSince?.(new Date(0))).toEqual(
      new Map([['OLD', { requests: 1, firstAt: Date.parse(timeAt(0)) }]]),
    );

    // Whoever read the beginning again would find another credential there.
    writeFileSync(path, readFileSync(path, 'utf8').replace('OLD', 'XXX'));
    const more = operation(1, { ...FIELDS, accessKeyId: 'NEW' });
    const health = operation(2, { ...FIELDS, type: 'health-check', accessKeyId: 'OLD' });
    const others = [
      operation(3, { ...FIELDS, accessKeyId: 'FORGED', authenticationFailure: 'signature' }),
      operation(4, { ...FIELDS, keyStore: 'other', accessKeyId: 'OTHER' }),
    ];
    appendFileSync(path, [more, health, ...others].map((one) => `${lineOf(one)}\n`).join(''));
    expect(await useSince?.(new Date(0))).toEqual(
      new Map([
        ['OLD', { requests: 2, firstAt: Date.parse(timeAt(0)) }],
        ['NEW', { requests: 1, firstAt: Date.parse(timeAt(1)) }],
      ]),
    );
    const later = new Date(Date.parse(timeAt(4)) + 1_000);
    expect(await useSince?.(later)).toEqual(new Map());
  });

  it('asked for an earlier time than before → the log is searched again', async () => {
    const folder = temporaryFolder();
    const records = [0, 1].map((at) => operation(at, { ...FIELDS, accessKeyId: 'OLD' }));
    writeSegment(folder, { first: 0, lines: records.map(lineOf) });
    const useSince = await credentialUse('payroll', folder);
    expect(await useSince?.(new Date(Date.parse(timeAt(2))))).toEqual(new Map());
    expect(await useSince?.(new Date(0))).toEqual(
      new Map([['OLD', { requests: 2, firstAt: Date.parse(timeAt(0)) }]]),
    );
  });

  it('a line that is no record, added later → refused, because it might tell of a use', async () => {
    const folder = temporaryFolder();
    const record = operation(0, { ...FIELDS, accessKeyId: 'OLD' });
    const path = writeSegment(folder, { first: 0, lines: [lineOf(record)] });
    const useSince = await credentialUse('payroll', folder);
    await useSince?.(new Date(0));
    appendFileSync(path, 'nothing\n');
    await expect(useSince?.(new Date(0))).rejects.toThrow('could not be searched wholly');
  });
});
