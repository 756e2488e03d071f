import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { ConnectionSlots } from '../../../../src/http/connection-slots.js';
import { type Holder, HeldBytes } from '../../../../src/http/xks/held-bytes.js';
import { PieceCount } from '../../../../src/http/xks/piece-count.js';
import { StrangerTurns } from '../../../../src/http/xks/stranger-turns.js';

describe('the pieces of a request', () => {
  it.each([
    ['of one byte', 1, 256],
    ['of the size of a packet', 1_448, 20_000],
  ])('%s → taken up to a number', (_what, bytes, wanted) => {
    const pieces = new PieceCount();
    let taken = 0;
    while (taken < wanted && pieces.add(bytes)) taken += 1;
    expect(taken).toBe(wanted);
    if (bytes === 1) expect(pieces.add(bytes)).toBe(false);
  });
});

describe('the turns of strangers', () => {
  it('beyond the share of a run → in later runs, who was refused before behind the others', async () => {
    const turns = new StrangerTurns();
    const order: string[] = [];
    const done = new Promise<void>((resolve) => {
      const work = (name: string, isRefused: boolean) => ({
        isNew: false,
        isRefused,
        giveWay: () => undefined,
        takeTurn: () => {
          order.push(name);
          if (order.length === 4) resolve();
          return 10;
        },
      });
      turns.request(work('first', true));
      turns.request(work('refused', true));
      turns.request(work('fresh', false));
      turns.request(work('fresh too', false));
    });
    expect(order).toEqual(['first']);
    await done;
    expect(order).toEqual(['first', 'fresh', 'fresh too', 'refused']);
  });
});

it('strangers that were refused before → several have a run together, and rest together', async () => {
  const turns = new StrangerTurns();
  let taken = 0;
  const work = {
    isNew: false,
    isRefused: true,
    giveWay: () => undefined,
    takeTurn: () => {
      taken += 1;
      return 0.5;
    },
  };
  for (let count = 0; count < 50; count += 1) turns.request(work);
  const atFirst = taken;
  expect(atFirst).toBeGreaterThan(1);
  expect(atFirst).toBeLessThanOrEqual(5);
  await new Promise((resolve) => setImmediate(resolve));
  expect(taken).toBe(atFirst);
});

describe('newcomers', () => {
  /** @returns the order in which they had their turns, each of which is as long as a share */
  async function orderOf(newcomers: number, ended: string[]): Promise<readonly string[]> {
    const turns = new StrangerTurns();
    const order: string[] = [];
    await new Promise<void>((resolve) => {
      const work = (name: string, isNew: boolean) => ({
        isNew,
        isRefused: false,
        giveWay: () => void ended.push(name),
        takeTurn: () => {
          order.push(name);
          if (name === '1') setImmediate(resolve);
          return 10;
        },
      });
      turns.request(work('first', true));
      turns.request(work('going on', false));
      turns.request(work('going on too', false));
      for (let at = 1; at <= newcomers; at += 1) turns.request(work(String(at), true));
      if (newcomers > 1_024) resolve();
    });
    return order;
  }

  it('that wait → the last one first, and one that goes on in each run', async () => {
    expect(await orderOf(3, [])).toEqual(['first', '3', 'going on', '2', 'going on too', '1']);
  });

  it('too many → who has waited longest is ended', async () => {
    const ended: string[] = [];
    await orderOf(1_026, ended);
    expect(ended).toEqual(['1', '2']);
  });
});

describe('bytes held', () => {
  it('released and held anew → who has held some longest is another', () => {
    const ended: string[] = [];
    const holder = (name: string): Holder => ({ giveWay: () => void ended.push(name) });
    const [first, second, third] = [holder('first'), holder('second'), holder('third')];
    const held = new HeldBytes(100);
    held.add(first, 40);
    held.add(second, 40);
    held.release(first);
    held.add(first, 40);
    held.add(third, 40);
    expect(ended).toEqual(['second']);
  });
});

describe('the places of a listener', () => {
  const CASES: readonly [string, readonly (readonly [at: number, speaks: boolean])[], number][] = [
    [
      'all silent → the oldest goes',
      [
        [0, false],
        [1, false],
      ],
      0,
    ], // prettier-ignore
    [
      'one silent, fresh, among fresh ones that speak → it goes',
      [
        [0, true],
        [1, true],
        [2, false],
      ],
      2,
    ], // prettier-ignore
    [
      'one silent, fresh, among many that speak for long → the oldest of those goes',
      [
        [0, true],
        [1, true],
        [2_000, false],
      ],
      0,
    ], // prettier-ignore
    [
      'one silent for long among many that speak → it goes',
      [
        [0, true],
        [1, true],
        [2, false],
        [2_000, true],
      ],
      2,
    ], // prettier-ignore
    [
      'most silent and fresh, one that speaks for long → the oldest silent goes',
      [
        [0, true],
        [2_000, false],
        [2_001, false],
      ],
      1,
    ], // prettier-ignore
  ];

  it.each(CASES)('%s', (_title, comers, expected) => {
    let now = 0;
    const slots = new ConnectionSlots(
      { maxConnections: comers.length },
      () => undefined,
      () => now,
    );
    const sockets = comers.map(([at, speaks]) => {
      now = at;
      const socket = new Socket();
      slots.admit(socket);
      if (speaks) slots.noteSpeaking(socket);
      return socket;
    });
    now += 1;
    expect(slots.admit(new Socket())).toBe(true);
    expect(sockets.map(({ destroyed }) => destroyed).indexOf(true)).toBe(expected);
    expect(sockets.filter(({ destroyed }) => destroyed)).toHaveLength(1);
  });
});
