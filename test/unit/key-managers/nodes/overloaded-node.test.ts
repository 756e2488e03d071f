import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { KeyManagerError } from '../../../../src/key-managers/backend.js';
import { GuardedNode } from '../../../../src/key-managers/nodes/guarded-node.js';
import { DEFAULT_NODE_LIMITS } from '../../../../src/key-managers/nodes/limits.js';
import { systemClock } from '../../../../src/shared/clock.js';
import { Deadline } from '../../../../src/shared/deadline.js';
import { fakeNode } from './fake-node.js';

const BUDGET_MS = 135;
const STEP_MS = 5;
/** The time by which the queue has learnt of the node. Nothing may fail before it either. */
const COUNTED_FROM_MS = 1_000;
const UNTIL_MS = 2_500;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A node that does so many calls at once, whatever it is given. */
class Node {
  #free: number;
  readonly #ms: number;
  readonly #waiting: (() => void)[] = [];

  constructor(hands: number, ms: number) {
    this.#free = hands;
    this.#ms = ms;
  }

  async call(): Promise<void> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    await new Promise((resolve) => setTimeout(resolve, this.#ms));
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}

/** Makes requests of so many calls each, and counts what becomes of them. */
async function flood(node: Node, { calls, perSecond }: { calls: number; perSecond: number }) {
  const guarded = new GuardedNode(fakeNode(), DEFAULT_NODE_LIMITS, systemClock);
  const counts = { served: 0, overloaded: 0, failed: 0 };
  const request = async (isCounted: boolean): Promise<void> => {
    const deadline = Deadline.after(systemClock, BUDGET_MS);
    let outcome: keyof typeof counts = 'served';
    try {
      for (let place = 0; place < calls; place += 1) {
        await guarded.run(() => node.call(), deadline.remainingMs(), place);
      }
    } catch (error) {
      if (!(error instanceof KeyManagerError)) throw error;
      outcome = error.code === 'overloaded' ? 'overloaded' : 'failed';
    }
    if (isCounted || outcome === 'failed') counts[outcome] += 1;
  };
  const requests: Promise<void>[] = [];
  for (let ms = 0; ms < UNTIL_MS; ms += STEP_MS) {
    while (requests.length < (perSecond * ms) / 1_000) {
      requests.push(request(ms >= COUNTED_FROM_MS));
    }
    await vi.advanceTimersByTimeAsync(STEP_MS);
  }
  await vi.advanceTimersByTimeAsync(1_000);
  await Promise.all(requests);
  return counts;
}

it.each([
  ['has fewer hands than may call it, two calls a request', { hands: 8, ms: 10 }, 2, 400],
  ['has one hand', { hands: 1, ms: 4 }, 1, 250],
  ['does as much as it is given, and is far away', { hands: 1_000, ms: 50 }, 2, 640],
])(
  'twice as much as a node can do, which %s → it does at least nine tenths of it, and the rest is refused',
  async (_, { hands, ms }, calls, sustainable) => {
    const { served, overloaded, failed } = await flood(new Node(hands, ms), {
      calls,
      perSecond: 2 * sustainable,
    });
    const seconds = (UNTIL_MS - COUNTED_FROM_MS) / 1_000;
    expect(served).toBeGreaterThan(0.9 * sustainable * seconds);
    expect(overloaded).toBeGreaterThan(0.5 * sustainable * seconds);
    expect(failed).toBe(0);
  },
);
