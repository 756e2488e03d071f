import { describe, expect, it } from 'vitest';
import { ConcurrencyLimit } from '../../../../src/key-managers/nodes/concurrency-limit.js';

const SLOW = { isWanted: true, isSlow: true };
const QUICK = { isWanted: true, isSlow: false };

/** Notes one span of calls that take as long as so many at once make them. */
function span(limit: ConcurrencyLimit, durationMs: (atOnce: number) => number, load = SLOW): void {
  const { span: begun, current } = limit;
  for (let calls = 0; limit.span === begun && calls < 1_000; calls += 1) {
    limit.note({ durationMs: durationMs(current), span: begun, isLate: false }, load);
  }
}

describe('calls at once', () => {
  it('take long, and half as long with half of them → there are half as many', () => {
    const limit = new ConcurrencyLimit(64);
    span(limit, (atOnce) => atOnce);
    expect(limit.current).toBe(32);
    span(limit, (atOnce) => atOnce);
    expect(limit.current).toBe(32);
  });

  it('take long, and as long with half of them → there are as many as before', () => {
    const limit = new ConcurrencyLimit(64);
    for (let spans = 0; spans < 2; spans += 1) span(limit, () => 60);
    for (let spans = 0; spans < 30; spans += 1) {
      span(limit, () => 60);
      expect(limit.current).toBe(64);
    }
  });

  it('end too late → half as many at once, for each span in which that happens', () => {
    const limit = new ConcurrencyLimit(64);
    const { span: begun } = limit;
    for (let calls = 0; calls < 64; calls += 1) {
      limit.note({ durationMs: 100, span: begun, isLate: true }, SLOW);
    }
    expect(limit.current).toBe(32);
  });

  it('are quick while others wait → there are more, up to what is configured', () => {
    const limit = new ConcurrencyLimit(64);
    for (let calls = 0; calls < 16; calls += 1) {
      limit.note({ durationMs: 100, span: 0, isLate: true }, SLOW);
    }
    expect(limit.current).toBe(32);
    for (let spans = 0; spans < 10; spans += 1) span(limit, () => 1, QUICK);
    expect(limit.current).toBe(64);
  });

  it('take long while nobody waits → nothing is tried', () => {
    const limit = new ConcurrencyLimit(64);
    span(limit, (atOnce) => atOnce, { isWanted: false, isSlow: true });
    expect(limit.current).toBe(64);
  });

  it('one alone ends too late, again and again → there is one', () => {
    const limit = new ConcurrencyLimit(1);
    for (let calls = 0; calls < 50; calls += 1) {
      limit.note({ durationMs: 100, span: limit.span, isLate: true }, SLOW);
    }
    expect(limit.current).toBe(1);
  });
});
