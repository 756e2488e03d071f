import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TokenBucket } from '../../../../src/key-stores/quotas/token-bucket.js';

/** Accepts what makes no span of time hold more than the burst and the rate times its length. */
function mayAccept(
  accepted: readonly number[],
  now: number,
  { perSecond, burst }: { perSecond: number; burst: number },
): boolean {
  return accepted.every((from, index) => {
    const inSpan = accepted.length - index + 1;
    return inSpan * 1_000 <= burst * 1_000 + (now - from) * perSecond;
  });
}

const RATE = fc.record({
  perSecond: fc.integer({ min: 1, max: 5_000 }),
  burst: fc.integer({ min: 1, max: 20 }),
});

it('any requests at any times → accepted exactly where burst and rate allow it', () => {
  fc.assert(
    fc.property(
      RATE,
      fc.array(fc.oneof(fc.constant(0), fc.nat({ max: 20 }), fc.nat({ max: 5_000 }))),
      (rate, waits) => {
        const bucket = new TokenBucket();
        const accepted: number[] = [];
        let now = 0;
        for (const wait of waits) {
          now += wait;
          const wanted = mayAccept(accepted, now, rate);
          expect(bucket.take(rate, now)).toBe(wanted);
          if (wanted) accepted.push(now);
        }
      },
    ),
  );
});

it('a token is given back → another request has it, and there are never more than the burst', () => {
  const rate = { perSecond: 1, burst: 1 };
  const bucket = new TokenBucket();
  bucket.giveBack();
  expect([bucket.take(rate, 0), bucket.take(rate, 0)]).toEqual([true, false]);
  bucket.giveBack();
  expect([bucket.take(rate, 0), bucket.take(rate, 0)]).toEqual([true, false]);
});

it('a burst is made smaller → no debt beyond it is kept', () => {
  const bucket = new TokenBucket();
  for (let taken = 0; taken < 100; taken += 1) bucket.take({ perSecond: 1, burst: 100 }, 0);
  const smaller = { perSecond: 1, burst: 2 };
  expect([bucket.take(smaller, 0), bucket.take(smaller, 1_000)]).toEqual([false, true]);
});
