import { stat } from 'node:fs/promises';
import { setImmediate as turnEnd } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../../src/shared/clock.js';
import { Deadline } from '../../../src/shared/deadline.js';

const NEVER = new Promise<string>(() => undefined);
const late = () => new Error('late');

describe('a race against a deadline', () => {
  let now = 0;
  const clock = { now: () => now, monotonic: () => now };

  beforeEach(() => {
    now = 0;
    vi.useFakeTimers();
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it('work that ends in time → what it gave, and no timer left', async () => {
    expect(await Deadline.after(clock, 100).race(Promise.resolve('done'), late)).toBe('done');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('work that fails in time → its failure, and no timer left', async () => {
    const failed = Promise.reject(new Error('failed'));
    await expect(Deadline.after(clock, 100).race(failed, late)).rejects.toThrow('failed');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('work that does not end → the error for it, when what the clock leaves has passed', async () => {
    const deadline = Deadline.after(clock, 100);
    now = 70;
    const caught = vi.fn();
    const raced = deadline.race(NEVER, late).catch(caught);
    await vi.advanceTimersByTimeAsync(29);
    expect(caught).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await vi.advanceTimersToNextTimerAsync();
    await raced;
    expect(caught).toHaveBeenCalledWith(new Error('late'));
  });

  it('a deadline that has passed, and work that is done → what it gave', async () => {
    const deadline = Deadline.after(clock, 100);
    now = 200;
    expect(await deadline.race(Promise.resolve('done'), late)).toBe('done');
  });
});

describe('a deadline that passes while the event loop stands still', () => {
  // From the end of a turn on, timers are what the event loop does next.
  beforeEach(() => turnEnd());

  it('an answer that came meanwhile → what it gave', async () => {
    const raced = Deadline.after(systemClock, 20).race(stat('.'), late);
    standStill(100);
    expect((await raced).isDirectory()).toBe(true);
  });

  it('no answer → aborted, after what came meanwhile', async () => {
    const heard: string[] = [];
    const { signal } = Deadline.after(systemClock, 20);
    signal.addEventListener('abort', () => heard.push((signal.reason as Error).name));
    const answered = stat('.').then(() => heard.push('answer'));
    standStill(100);
    await answered;
    while (!signal.aborted) await turnEnd();
    expect(heard).toEqual(['answer', 'TimeoutError']);
  });
});

it('a signal that nobody waits for → does not keep the process', () => {
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = timers();
  expect(Deadline.after(systemClock, 60_000).signal.aborted).toBe(false);
  expect(timers()).toBe(before);
});

function standStill(forMs: number): void {
  const until = performance.now() + forMs;
  while (performance.now() < until);
}
