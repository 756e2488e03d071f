import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HoldfastEvent } from '../../../src/notifications/events.js';
import { Thinning } from '../../../src/notifications/thinning.js';

function used(awsPrincipalArn: string, externalKeyId = 'payroll'): HoldfastEvent {
  return {
    event: 'key-pending-deletion-used',
    keyManager: 'hsm',
    externalKeyId,
    keyStore: 'payroll',
    operation: 'Decrypt',
    awsPrincipalArn,
  };
}

/** Events as they are told: principal, time and number of repetitions. */
function thinning() {
  const told: unknown[] = [];
  let at = 0;
  const made = new Thinning(({ event, time }, repeated) => {
    const who = 'awsPrincipalArn' in event ? event.awsPrincipalArn : event.event;
    told.push([who, time, repeated]);
  });
  const add = (event: HoldfastEvent): void => {
    at += 1;
    made.add({ event, time: String(at) });
  };
  return { told, add, made };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('Thinning', () => {
  it('the same event again and again → one at once, then one a minute with their number', () => {
    const { told, add } = thinning();
    for (let second = 0; second < 150; second += 1) {
      add(used('app'));
      vi.advanceTimersByTime(1_000);
    }
    expect(told).toEqual([
      ['app', '1', undefined],
      ['app', '60', 59],
      ['app', '120', 60],
    ]);
  });

  it('nothing more for a minute → the next one is told at once', () => {
    const { told, add } = thinning();
    add(used('app'));
    vi.advanceTimersByTime(60_000);
    add(used('app'));
    expect(told).toEqual([
      ['app', '1', undefined],
      ['app', '2', undefined],
    ]);
  });

  it('other principals and other keys → each told by itself', () => {
    const { told, add } = thinning();
    add(used('app'));
    add(used('batch'));
    add(used('app', 'invoices'));
    expect(told).toHaveLength(3);
  });

  it('events that each say something new → all told', () => {
    const { told, add } = thinning();
    for (const keyVersion of [2, 3, 4]) {
      const key = { keyManager: 'hsm', externalKeyId: 'payroll' };
      add({ event: 'key-rotated', ...key, keyVersion, cause: 'on-demand' });
    }
    expect(told).toHaveLength(3);
  });

  it('more principals than anybody has → a bounded number is told, and the others counted', () => {
    const { told, add, made } = thinning();
    for (let principal = 0; principal < 5_000; principal += 1) add(used(String(principal)));
    expect(told).toHaveLength(1_001);
    made.flush();
    expect(told).toHaveLength(1_002);
    expect(told.at(-1)).toEqual(['4999', '5000', 3_999]);
  });

  it('flush → what was counted is told, once', () => {
    const { told, add, made } = thinning();
    add(used('app'));
    add(used('app'));
    made.flush();
    made.flush();
    vi.advanceTimersByTime(120_000);
    expect(told).toEqual([
      ['app', '1', undefined],
      ['app', '2', 1],
    ]);
  });
});
