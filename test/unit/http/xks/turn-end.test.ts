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

  it('while strangers have work → is not waited for', async () => {
    const turns = new StrangerTurns();
    const turnEnd = new TurnEnd(turns);
    turns.request({ isNew: true, isRefused: false, giveWay: () => undefined, takeTurn: () => 0 });
    expect(turnEnd.wait()).toBeUndefined();
    await nextTurn();
    expect(turnEnd.wait()).toBeDefined();
  });
});
