import { describe, expect, it, vi } from 'vitest';
import { CallQueue } from '../../../../src/key-managers/nodes/call-queue.js';
import { systemClock } from '../../../../src/shared/clock.js';
import { Deadline } from '../../../../src/shared/deadline.js';

const long = Deadline.after(systemClock, 10_000);

/** A call that a test ends. */
function openCall() {
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  let begun = false;
  const call = () => {
    begun = true;
    return ended;
  };
  return {
    call,
    end: () => {
      end();
    },
    hasBegun: () => begun,
  };
}

describe('a queue', () => {
  it('a call whose turn would come after its deadline → refused at once', async () => {
    const queue = new CallQueue(1, 100);
    const slow = () => new Promise((resolve) => setTimeout(resolve, 20));
    for (let calls = 0; calls < 3; calls += 1) await queue.run(slow, long);
    const running = openCall();
    const runs = [queue.run(running.call, long)];
    const short = new Deadline(systemClock, systemClock.monotonic(), 1);
    await expect(queue.run(slow, short)).rejects.toMatchObject({ code: 'overloaded' });
    running.end();
    await Promise.all(runs);
  });

  it('lets so many calls through at once, and the others in the order in which they came', async () => {
    const queue = new CallQueue(1, 2);
    const [first, second, third] = [openCall(), openCall(), openCall()];
    const runs = [first, second, third].map(({ call }) => queue.run(call, long));
    expect([first.hasBegun(), second.hasBegun()]).toEqual([true, false]);
    first.end();
    await vi.waitFor(() => {
      expect([second.hasBegun(), third.hasBegun()]).toEqual([true, false]);
    });
    second.end();
    await vi.waitFor(() => {
      expect(third.hasBegun()).toBe(true);
    });
    third.end();
    await Promise.all(runs);
  });

  it('the second call of a request that is under way → comes before those that are not', async () => {
    const queue = new CallQueue(1, 10);
    const [running, newcomer, second] = [openCall(), openCall(), openCall()];
    const runs = [
      queue.run(running.call, long),
      queue.run(newcomer.call, long),
      queue.run(second.call, long, 1),
    ];
    running.end();
    await vi.waitFor(() => {
      expect([second.hasBegun(), newcomer.hasBegun()]).toEqual([true, false]);
    });
    second.end();
    newcomer.end();
    await Promise.all(runs);
  });

  it('the calls of a request together would come after its deadline → refused at once', async () => {
    const queue = new CallQueue(1, 100);
    const slow = () => new Promise((resolve) => setTimeout(resolve, 20));
    for (let calls = 0; calls < 3; calls += 1) {
      await queue.run(slow, long);
      await queue.run(slow, long, 1);
    }
    const running = openCall();
    const runs = [queue.run(running.call, long)];
    const enoughForOne = Deadline.after(systemClock, 60);
    await expect(queue.run(slow, enoughForOne)).rejects.toMatchObject({ code: 'overloaded' });
    running.end();
    await Promise.all(runs);
  });

  it('refuses who would be one too many to wait', async () => {
    const queue = new CallQueue(1, 1);
    const first = openCall();
    const runs = [queue.run(first.call, long), queue.run(first.call, long)];
    await expect(queue.run(first.call, long)).rejects.toMatchObject({ code: 'overloaded' });
    first.end();
    await Promise.all(runs);
  });

  it('refuses whose turn does not come in time, and passes the turn to the next', async () => {
    const queue = new CallQueue(1, 2);
    const [first, late, next] = [openCall(), openCall(), openCall()];
    const running = queue.run(first.call, long);
    const refused = queue.run(late.call, Deadline.after(systemClock, 1));
    const waiting = queue.run(next.call, long);
    await expect(refused).rejects.toMatchObject({ code: 'overloaded' });
    first.end();
    next.end();
    await Promise.all([running, waiting]);
    expect([late.hasBegun(), next.hasBegun()]).toEqual([false, true]);
  });

  it('passes the turn on after a call that failed', async () => {
    const queue = new CallQueue(1, 1);
    const failing = queue.run(() => Promise.reject(new Error('failed')), long);
    const waiting = queue.run(() => Promise.resolve('done'), long);
    await expect(failing).rejects.toThrow('failed');
    expect(await waiting).toBe('done');
    expect(await queue.run(() => Promise.resolve('again'), long)).toBe('again');
  });
});
