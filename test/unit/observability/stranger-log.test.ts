import { expect, it } from 'vitest';
import { StrangerLog } from '../../../src/observability/stranger-log.js';
import { RequestLog } from '../../../src/observability/request-log.js';
import { systemClock } from '../../../src/shared/clock.js';
import { captureLog } from '../../support/log-lines.js';
import { newRequestRecord } from '../../../src/observability/request-record.js';

it('150 unauthenticated requests → 100 lines and one that counts; authenticated ones are all told', () => {
  const log = captureLog();
  const strangers = new StrangerLog(log.logger, systemClock);
  const requests = new RequestLog(log.logger, log.destination, systemClock, strangers);
  const nobody = { clientCertificateName: undefined, clientCertificateSubject: undefined };
  for (let count = 0; count < 150; count += 1) {
    const record = newRequestRecord({ clientAddress: '192.0.2.1', ...nobody });
    requests.write({ ...record, status: 401, errorName: 'AuthenticationFailedException' });
    requests.write({ ...record, status: 200, accessKeyId: 'ABCDEFGHIJKLMNOPQRST' });
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
