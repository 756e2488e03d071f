import { expect, it } from 'vitest';
import { FailedAuthentications } from '../../../src/observability/failed-authentications.js';
import { systemClock } from '../../../src/shared/clock.js';

const KMS = '192.0.2.1';

function failure(clientAddress: string, accessKeyId?: string) {
  return { authenticationFailure: 'signature-mismatch', clientAddress, accessKeyId };
}

it('failures of several → those who failed most come first, all others are one number', () => {
  let now = Date.parse('2026-11-28T12:00:00Z');
  const counted = new FailedAuthentications({ ...systemClock, now: () => (now += 1_000) });
  for (const address of ['a', KMS, KMS, 'b', KMS]) counted.note(failure(address, 'KNOWN'));
  counted.note({ ...failure('a'), authenticationFailure: undefined });
  const { total, addresses, accessKeyIds } = counted.summary(1);
  expect([total, addresses.others]).toEqual([5, 2]);
  expect(addresses.top).toEqual([
    {
      name: KMS,
      count: 3,
      firstAt: '2026-11-28T12:00:03.000Z',
      lastAt: '2026-11-28T12:00:06.000Z',
      lastFailure: 'signature-mismatch',
    },
  ]);
  expect(accessKeyIds.top).toMatchObject([{ name: 'KNOWN', count: 5 }]);
});

it('addresses without end → a bounded number is kept, and who fails again and again stays', () => {
  const counted = new FailedAuthentications(systemClock, 10);
  for (let index = 0; index < 1_000; index += 1) {
    counted.note(failure(String(index)));
    counted.note(failure(KMS));
  }
  const { addresses } = counted.summary(100);
  expect(addresses.top).toHaveLength(10);
  expect(addresses.top[0]).toMatchObject({ name: KMS, count: 1_000 });
  expect(addresses.others + 9).toBe(1_000);
});

it.each([
  [undefined, 'missing'],
  ['AKIA\u001b[2J', 'malformed'],
  ['A'.repeat(65), 'malformed'],
])('the access key id %j → counted as %s', (accessKeyId, name) => {
  const counted = new FailedAuthentications(systemClock);
  counted.note(failure(KMS, accessKeyId));
  expect(counted.summary(1).accessKeyIds.top).toMatchObject([{ name, count: 1 }]);
});
