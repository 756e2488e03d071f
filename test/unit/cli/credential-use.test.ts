import { describe, expect, it } from 'vitest';
import { credentialUse } from '../../../src/cli/credential-use.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { lineOf, operation, writeSegment } from '../evidence/search/log-folder.js';

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
        ['NEW', 1],
        ['OLD', 2],
      ]),
    );
  });
});
