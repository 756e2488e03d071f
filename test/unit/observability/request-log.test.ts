import { describe, expect, it } from 'vitest';
import { createLogger } from '../../../src/observability/logger.js';
import { RequestLog } from '../../../src/observability/request-log.js';
import { systemClock } from '../../../src/shared/clock.js';
import { captureLog, type CapturedLog } from '../../support/log-lines.js';
import type { RequestRecord } from '../../../src/observability/request-record.js';
import { requestRecord } from '../../support/request-record.js';

/** The last millisecond of a minute. */
const NOW = Date.UTC(2026, 10, 22, 12, 0, 59, 999);

function logRequest(log: CapturedLog, record: RequestRecord, now = NOW): void {
  const clock = { now: () => now, monotonic: () => 0 };
  new RequestLog(log.logger, log.destination, clock).write(record);
}

describe('RequestLog', () => {
  it('a successful request → one line at info with the fields of its record', () => {
    const log = captureLog();
    logRequest(
      log,
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
        time: '2026-11-22T12:00:59.999Z',
        component: 'request',
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
    logRequest(log, requestRecord({ status }));
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
    logRequest(log, requestRecord({ [field]: forged }));
    expect(log.text()).toMatch(/^[\x20-\x7e]+\n$/);
    expect(log.lines()).toMatchObject([
      { [field]: 'x\\u000a{"level":"info","status":200}\\u001b[2J\\u2028\\u00e9' },
    ]);
  });

  it.each([0, 1, 999, 1_000, 1_001, 59_999, 60_000])(
    'the time %i ms later, by the same log → as Date has it',
    (laterMs) => {
      const log = captureLog();
      let now = NOW;
      const requests = new RequestLog(log.logger, log.destination, {
        now: () => now,
        monotonic: () => 0,
      });
      requests.write(requestRecord());
      now += laterMs;
      requests.write(requestRecord());
      expect(log.lines()[1]).toMatchObject({ time: new Date(now).toISOString() });
    },
  );

  it('a level above that of the request → no line', () => {
    const { destination, text } = captureLog();
    const logger = createLogger({ level: 'warn' }, destination);
    const requests = new RequestLog(logger, destination, systemClock);
    requests.write(requestRecord({ status: 200 }));
    expect(text()).toBe('');
    requests.write(requestRecord({ status: 400 }));
    expect(text()).toMatch(/"level":"warn"/);
  });

  it('a text of 5,000 characters → cut off', () => {
    const log = captureLog();
    logRequest(log, requestRecord({ awsPrincipalArn: 'x'.repeat(5_000) }));
    expect(log.lines()).toMatchObject([{ awsPrincipalArn: `${'x'.repeat(2_200)}...` }]);
  });

  it('a quote and a backslash → escaped once', () => {
    const log = captureLog();
    logRequest(log, requestRecord({ awsPrincipalArn: 'a"b\\c' }));
    expect(log.lines()).toMatchObject([{ awsPrincipalArn: 'a"b\\c' }]);
  });

  it('a field that no record has → not in the line', () => {
    const log = captureLog();
    logRequest(log, Object.assign(requestRecord(), { plaintext: 'c2VjcmV0' }));
    expect(log.text()).not.toContain('c2VjcmV0');
  });
});
