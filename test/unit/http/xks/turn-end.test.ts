import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { StrangerTurns } from '../../../../src/http/xks/stranger-turns.js';
import { TurnEnd } from '../../../../src/http/xks/turn-end.js';

describe('the end of a turn', () => {
  it('waited for by several → comes once for all of them, and anew in the next turn', async () => {
    const turnEnd = new TurnEnd({ isScheduled: false });
    const first = turnEnd.wait();
    expect(turnEnd.wait()).toBe(first);
    await first;
    expect(turnEnd.wait()).not.toBe(first);
  });

  it('the turn is full → comes at once, and for what comes after that at the end', async () => {
    const turnEnd = new TurnEnd({ isScheduled: false });
    const order: string[] = [];
    const first = turnEnd.wait()?.then(() => order.push('full'));
    turnEnd.endWait();
    const second = turnEnd.wait()?.then(() => order.push('rest'));
    setImmediate(() => order.push('next'));
    await Promise.resolve();
    await Promise.resolve();
    expect(order).toEqual(['full']);
    await Promise.all([first, second]);
    await nextTurn();
    expect(order).toEqual(['full', 'rest', 'next']);
  });

  it('a turn that was full → is measured once, as long as it was', async () => {
    const turnEnd = new TurnEnd({ isScheduled: false });
    for (let count = 0; count < 3; count += 1) {
      void turnEnd.wait();
      block(20);
      turnEnd.endWait();
      await turnEnd.wait();
    }
    expect(turnEnd.unseenMs).toBeGreaterThanOrEqual(10);
  });

  it('while strangers have work → is not waited for', async () => {
    const turns = new StrangerTurns();
    const turnEnd = new TurnEnd(turns);
    turns.request({ isNew: true, isRefused: false, giveWay: () => undefined, takeTurn: () => 0 });
    expect(turnEnd.wait()).toBeUndefined();
    await nextTurn();
    expect(turnEnd.wait()).toBeDefined();
  });
});

/** Keeps the event loop from going on. */
function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
}

async function turn(turns: TurnEnd, ms: number): Promise<number> {
  const ended = turns.wait();
  block(ms);
  await ended;
  return turns.unseenMs;
}

it('one long turn → a stall, in which nobody has waited', async () => {
  const turns = new TurnEnd({ isScheduled: false });
  await turn(turns, 0);
  await new Promise((resolve) => setTimeout(resolve, 5));
  await turn(turns, 0);
  expect(await turn(turns, 20)).toBeLessThan(10);
});

it('one long turn after the other → what arrives has waited for half of one', async () => {
  const turns = new TurnEnd({ isScheduled: false });
  await turn(turns, 20);
  await turn(turns, 20);
  expect(await turn(turns, 20)).toBeGreaterThanOrEqual(10);
});
