import { describe, expect, it } from 'vitest';
import { limitOf, Meter } from '../../../../src/key-stores/quotas/meter.js';
import { MeterTable } from '../../../../src/key-stores/quotas/meter-table.js';

const LIMIT = limitOf({ requestsPerSecond: 2, burst: 2, concurrency: 3 });

describe('a meter', () => {
  it('more than its burst → the rate is exceeded, until tokens have come back', () => {
    const meter = new Meter();
    expect([0, 0, 0, 500].map((now) => meter.enter(LIMIT, now))).toEqual([
      undefined,
      undefined,
      'rate',
      undefined,
    ]);
  });

  it('as many in work as may be → the concurrency is exceeded, until one leaves', () => {
    const meter = new Meter();
    const limit = limitOf({ concurrency: 1 });
    expect([meter.enter(limit, 0), meter.enter(limit, 0)]).toEqual([undefined, 'concurrency']);
    meter.leave();
    expect(meter.enter(limit, 0)).toBeUndefined();
  });

  it('a burst is not said → it is the rate', () => {
    expect(limitOf({ requestsPerSecond: 7 }).burst).toBe(7);
  });
});

describe('a full table', () => {
  it('names without end → those at rest are forgotten, and never more are kept', () => {
    const table = new MeterTable(3);
    for (let count = 0; count < 100; count += 1) {
      const now = count * 10_000;
      const meter = table.of(String(count), LIMIT, now);
      meter.enter(LIMIT, now);
      meter.leave();
    }
    expect(table.size).toBe(3);
  });

  it('all limit somebody → none is forgotten, and new names share one meter', () => {
    const table = new MeterTable(2);
    for (const name of ['a', 'b']) {
      for (const now of [0, 0]) table.of(name, LIMIT, now).enter(LIMIT, now);
    }
    const shared = table.of('c', LIMIT, 0);
    expect(table.of('d', LIMIT, 0)).toBe(shared);
    expect(table.of('a', LIMIT, 0).enter(LIMIT, 0)).toBe('rate');
  });
});
