import { beforeEach, describe, expect, it, vi } from 'vitest';
import { FailureLog } from '../../../src/observability/failure-log.js';
import { createLogger } from '../../../src/observability/logger.js';
import { systemClock } from '../../../src/shared/clock.js';
import { captureLog } from '../../support/log-lines.js';

const MINUTE_MS = 60_000;
const outage = (ms: number) =>
  new Error('no node answers', {
    cause: new Error(`10.0.0.${String(ms)}:8200 gave up, ${String(ms)} ms`),
  });

describe('a key manager that is away', () => {
  let log: ReturnType<typeof captureLog>;
  let failures: FailureLog;

  beforeEach(() => {
    vi.useFakeTimers();
    log = captureLog();
    failures = new FailureLog(createLogger({ level: 'info' }, log.destination), systemClock);
    return () => {
      vi.useRealTimers();
    };
  });

  const report = (error: unknown, place = 'store') => {
    failures.report(error, { operation: 'Encrypt' }, { place, isDefect: false });
  };

  it('a thousand requests fail in a minute → one line without a stack, and one with their number', () => {
    for (let ms = 0; ms < 1_000; ms += 1) report(outage(ms));
    vi.advanceTimersByTime(MINUTE_MS);
    expect(log.lines()).toMatchObject([
      {
        msg: 'what a request failed for',
        operation: 'Encrypt',
        cause: 'no node answers, because 10.0.0.0:8200 gave up, 0 ms',
      },
      { msg: 'more requests failed for the same cause', count: 999 },
    ]);
    expect(JSON.stringify(log.lines())).not.toMatch(/\bat .*\.ts/);
  });

  it('another cause, another place, another minute → a line of its own', () => {
    report(outage(1));
    report(new Error('sealed'));
    report(outage(1), 'other store');
    vi.advanceTimersByTime(MINUTE_MS);
    report(outage(1));
    expect(log.lines().map(({ msg }) => msg)).toEqual(Array(4).fill('what a request failed for'));
  });

  it('thousands of causes → bounded', () => {
    for (let i = 0; i < 5_000; i += 1) {
      report(new Error(`cause ${String.fromCodePoint(0x4e00 + i)}`));
    }
    failures.close();
    expect(log.lines().length).toBeLessThan(210);
  });

  it('the server stops within the minute → what was left out is counted', () => {
    report(outage(1));
    report(outage(2));
    failures.close();
    expect(log.lines().at(-1)).toMatchObject({ count: 1 });
  });

  it('a defect → with its stack', () => {
    failures.report(new TypeError('oops'), {}, { place: 'store', isDefect: true });
    expect(log.lines()).toMatchObject([
      { err: { type: 'TypeError', stack: expect.any(String) as string } },
    ]);
  });
});
