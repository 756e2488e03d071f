import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
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
    await raced;
    expect(caught).toHaveBeenCalledWith(new Error('late'));
  });

  it('a deadline that has passed, and work that is done → what it gave', async () => {
    const deadline = Deadline.after(clock, 100);
    now = 200;
    expect(await deadline.race(Promise.resolve('done'), late)).toBe('done');
  });
});
