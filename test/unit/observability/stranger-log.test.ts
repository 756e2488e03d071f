import { expect, it } from 'vitest';
import { StrangerLog } from '../../../src/observability/stranger-log.js';
import { RequestLog } from '../../../src/observability/request-log.js';
import { systemClock } from '../../../src/shared/clock.js';
import { captureLog } from '../../support/log-lines.js';
import { requestEntry } from '../../support/request-entry.js';

it('150 unauthenticated requests → 100 lines and one that counts; authenticated ones are all told', () => {
  const log = captureLog();
  const strangers = new StrangerLog(log.logger, systemClock);
  const { logger, destination } = log;
  const ports = { logger, destination, clock: systemClock, strangers, requests: 'all' } as const;
  const requests = new RequestLog(ports);
  for (let count = 0; count < 150; count += 1) {
    requests.write(requestEntry({ status: 401, errorName: 'AuthenticationFailedException' }));
    requests.write(requestEntry({ status: 200, accessKeyId: 'ABCDEFGHIJKLMNOPQRST' }));
  }
  strangers.close();
  const lines = log.lines();
  expect(lines.filter(({ status }) => status === 401)).toHaveLength(100);
  expect(lines.filter(({ status }) => status === 200)).toHaveLength(150);
  expect(lines.at(-1)).toMatchObject({
    level: 'warn',
    count: 50,
    byKind: { AuthenticationFailedException: 50 },
  });
});
