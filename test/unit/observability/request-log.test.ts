import { describe, expect, it } from 'vitest';
import { logRequest } from '../../../src/observability/request-log.js';
import { captureLog } from '../../support/log-lines.js';
import { requestRecord } from '../../support/request-record.js';

describe('logRequest', () => {
  it('a successful request → one line at info with the fields of its record', () => {
    const log = captureLog();
    logRequest(
      log.logger,
      requestRecord({
        operation: 'Encrypt',
        keyStore: 'production',
        externalKeyId: 'payroll',
        keyVersion: 2,
        kmsRequestId: '4112f4d6-db54-4af4-ae30-c55a22a8dfae',
      }),
    );
    expect(log.lines()).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as unknown,
        operation: 'Encrypt',
        keyStore: 'production',
        externalKeyId: 'payroll',
        keyVersion: 2,
        kmsRequestId: '4112f4d6-db54-4af4-ae30-c55a22a8dfae',
        clientAddress: '127.0.0.1',
        status: 200,
        durationUs: 1_500,
      },
    ]);
  });

  it.each([
    [200, 'info'],
    [400, 'warn'],
    [401, 'warn'],
    [429, 'warn'],
    [500, 'error'],
    [501, 'warn'],
    [503, 'error'],
  ])('status %i → level %s', (status, level) => {
    const log = captureLog();
    logRequest(log.logger, requestRecord({ status }));
    expect(log.lines()).toMatchObject([{ level, status }]);
  });

  it.each([
    'externalKeyId',
    'accessKeyId',
    'kmsRequestId',
    'kmsOperation',
    'kmsKeyArn',
    'awsPrincipalArn',
    'kmsViaService',
    'awsSourceVpc',
    'awsSourceVpce',
    'clientCertificateName',
    'cause',
  ] as const)('a newline and an escape sequence in %s → still one line, of ASCII', (field) => {
    const log = captureLog();
    const forged = 'x\n{"level":"info","status":200}\u001b[2J\u2028é';
    logRequest(log.logger, requestRecord({ [field]: forged }));
    expect(log.text()).toMatch(/^[\x20-\x7e]+\n$/);
    expect(log.lines()).toMatchObject([
      { [field]: 'x\\u000a{"level":"info","status":200}\\u001b[2J\\u2028\\u00e9' },
    ]);
  });

  it('a field that no record has → not in the line', () => {
    const log = captureLog();
    logRequest(log.logger, Object.assign(requestRecord(), { plaintext: 'c2VjcmV0' }));
    expect(log.text()).not.toContain('c2VjcmV0');
  });
});
