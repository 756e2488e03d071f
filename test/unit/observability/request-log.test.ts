import { describe, expect, it } from 'vitest';
import { createLogger } from '../../../src/observability/logger.js';
import type { RequestEntry } from '../../../src/observability/request-entry.js';
import { RequestLog, type RequestLogPorts } from '../../../src/observability/request-log.js';
import { StrangerLog } from '../../../src/observability/stranger-log.js';
import { captureLog, type CapturedLog } from '../../support/log-lines.js';
import { requestEntry } from '../../support/request-entry.js';

/** The last millisecond of a minute. */
const NOW = Date.UTC(2026, 10, 22, 12, 0, 59, 999);

function requestLog(
  { logger, destination }: Pick<CapturedLog, 'logger' | 'destination'>,
  overrides: Partial<RequestLogPorts> = {},
): RequestLog {
  const clock = { now: () => NOW, monotonic: () => 0 };
  const strangers = new StrangerLog(logger, clock);
  return new RequestLog({ logger, destination, clock, strangers, requests: 'all', ...overrides });
}

function logRequest(log: CapturedLog, request: RequestEntry): void {
  requestLog(log).write(request);
}

describe('RequestLog', () => {
  it('a successful request → one line at info with the fields of its record', () => {
    const log = captureLog();
    logRequest(
      log,
      requestEntry({
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
    logRequest(log, requestEntry({ status }));
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
    logRequest(log, requestEntry({ [field]: forged }));
    expect(log.text()).toMatch(/^[\x20-\x7e]+\n$/);
    expect(log.lines()).toMatchObject([{ [field]: forged }]);
  });

  it.each([0, 1, 999, 1_000, 1_001, 59_999, 60_000])(
    'the time %i ms later, by the same log → as Date has it',
    (laterMs) => {
      const log = captureLog();
      let now = NOW;
      const clock = { now: () => now, monotonic: () => 0 };
      const requests = requestLog(log, { clock });
      requests.write(requestEntry());
      now += laterMs;
      requests.write(requestEntry());
      expect(log.lines()[1]).toMatchObject({ time: new Date(now).toISOString() });
    },
  );

  it('a level above that of the request → no line', () => {
    const { destination, text } = captureLog();
    const logger = createLogger({ level: 'warn' }, destination);
    const requests = requestLog({ logger, destination });
    requests.write(requestEntry({ status: 200 }));
    expect(text()).toBe('');
    requests.write(requestEntry({ status: 400 }));
    expect(text()).toMatch(/"level":"warn"/);
  });

  it('a quote and a backslash → escaped once', () => {
    const log = captureLog();
    logRequest(log, requestEntry({ awsPrincipalArn: 'a"b\\c' }));
    expect(log.lines()).toMatchObject([{ awsPrincipalArn: 'a"b\\c' }]);
  });

  it.each([
    ['all', 200, 1],
    ['all', 400, 1],
    ['failures', 200, 0],
    ['failures', 400, 1],
    ['failures', 503, 1],
    ['none', 200, 0],
    ['none', 500, 0],
  ] as const)('requests: %s and status %i → %i lines', (requests, status, lines) => {
    const log = captureLog();
    requestLog(log, { requests }).write(requestEntry({ status }));
    expect(log.lines()).toHaveLength(lines);
  });
});
