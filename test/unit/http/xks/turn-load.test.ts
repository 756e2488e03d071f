import { describe, expect, it, vi } from 'vitest';
import { TurnLoad } from '../../../../src/http/xks/turn-load.js';

/** An event loop whose turns a test makes. */
function makeLoop() {
  const loop = { ms: 0, idle: 0, ends: [] as (() => void)[] };
  const strangers = { totalMs: 0 };
  const onFull = vi.fn<() => void>();
  const load = new TurnLoad(strangers, onFull, {
    now: () => loop.ms,
    idleMs: () => loop.idle,
    atTurnEnd: (work) => loop.ends.push(work),
  });
  return {
    load,
    onFull,
    /** Lets requests in, as far as that goes, and ends the turn after so many ms. */
    turn: (requests: number, ms: number, account = () => 'one') => {
      let admitted = 0;
      for (let index = 0; index < requests; index += 1) {
        if (load.isTight && !load.admits(account())) continue;
        load.letIn(1);
        admitted += 1;
      }
      loop.ms += ms;
      for (const end of loop.ends.splice(0)) end();
      return admitted;
    },
    /** Strangers have had so much of the turn that ends next. */
    strangersHad: (ms: number) => {
      strangers.totalMs += ms;
    },
    rest: (ms: number) => {
      loop.ms += ms;
      loop.idle += ms;
    },
  };
}

describe('the requests of a turn', () => {
  it('nothing is known of what they cost → all are let in', () => {
    const { load, turn } = makeLoop();
    expect(turn(5_000, 300)).toBe(5_000);
    expect(load.isOverfull).toBe(false);
  });

  it('the loop is busy for long → as many as fit into 20 ms', () => {
    const { turn } = makeLoop();
    for (let turns = 0; turns < 60; turns += 1) turn(100, 10);
    expect(turn(1_000, 10)).toBe(200);
  });

  it('the turn is full → said once, at the first request that is turned away', () => {
    const { turn, onFull } = makeLoop();
    for (let turns = 0; turns < 60; turns += 1) turn(100, 10);
    expect(onFull).not.toHaveBeenCalled();
    turn(1_000, 10);
    expect(onFull).toHaveBeenCalledTimes(1);
    turn(1_000, 10);
    expect(onFull).toHaveBeenCalledTimes(2);
  });

  it('a burst → as many as fit into 60 ms', () => {
    const { turn, rest } = makeLoop();
    for (let turns = 0; turns < 60; turns += 1) turn(100, 10);
    rest(10);
    turn(100, 10);
    turn(100, 10);
    expect(turn(1_000, 100)).toBe(600);
  });

  it('others are turned away → it takes a few a turn all the same, however long turns are', () => {
    const { turn } = makeLoop();
    for (let turns = 0; turns < 200; turns += 1) turn(1, 1_000);
    expect(turn(1_000, 10)).toBe(8);
  });

  it('turns that last longer for what is turned away → as many are let in as before', () => {
    const { turn } = makeLoop();
    for (let turns = 0; turns < 60; turns += 1) turn(100, 10);
    let admitted = 200;
    // One that is turned away costs a quarter of one that is let in: 0.1 ms.
    for (let turns = 0; turns < 100; turns += 1) {
      admitted = turn(600, admitted * 0.1 + (600 - admitted) * 0.025);
    }
    expect(admitted).toBeGreaterThan(190);
    expect(admitted).toBeLessThan(210);
  });

  it('strangers have most of each turn → as many are let in as before', () => {
    const { load, turn, strangersHad } = makeLoop();
    for (let turns = 0; turns < 60; turns += 1) turn(100, 10);
    for (let turns = 0; turns < 200; turns += 1) {
      strangersHad(19);
      turn(1, 20);
      // Bytes of a request that has not begun.
      load.letIn(0);
    }
    expect(turn(1_000, 10)).toBe(200);
  });

  it('strangers have a little of each turn → it counts for nobody', () => {
    const { turn, strangersHad } = makeLoop();
    for (let turns = 0; turns < 60; turns += 1) {
      strangersHad(2);
      turn(100, 12);
    }
    expect(turn(1_000, 10)).toBe(200);
  });

  it('bytes without a request, and a loop that is busy → nothing is learned of them', () => {
    const { load, turn } = makeLoop();
    load.letIn(0);
    for (let turns = 0; turns < 60; turns += 1) turn(0, 10);
    for (let turns = 0; turns < 60; turns += 1) turn(100, 10);
    expect(turn(1_000, 10)).toBe(200);
  });

  it('one account floods → others are let in up to their part, although the turn is full', () => {
    const { load, turn } = makeLoop();
    for (let turns = 0; turns < 60; turns += 1) turn(100, 10);
    let sent = 0;
    const mixed = () => ((sent += 1) % 10 === 0 ? 'modest' : 'flood');
    turn(1_000, 10, mixed);
    let modest = 0;
    let flood = 0;
    for (let index = 0; index < 1_000; index += 1) {
      const account = mixed();
      if (load.isTight && !load.admits(account)) continue;
      load.letIn(1);
      if (account === 'modest') modest += 1;
      else flood += 1;
    }
    expect(modest).toBe(100);
    expect(flood).toBeLessThan(250);
  });
});
