import { describe, expect, it } from 'vitest';
import { GuardedNode } from '../../../../src/key-managers/nodes/guarded-node.js';
import { DEFAULT_NODE_LIMITS } from '../../../../src/key-managers/nodes/limits.js';
import { systemClock } from '../../../../src/shared/clock.js';
import { fakeNode } from './fake-node.js';

const LONG_MS = 10_000;
const SHORT_MS = 20;

function guard(limits: Partial<typeof DEFAULT_NODE_LIMITS> = {}): GuardedNode {
  return new GuardedNode(fakeNode(), { ...DEFAULT_NODE_LIMITS, ...limits }, systemClock);
}

const never = () => new Promise<never>(() => undefined);
const answers = () => Promise.resolve('answered');

interface Calls {
  readonly calls: number;
  readonly answered?: number;
}

/** Runs calls that are all too late, and so many beside them that are answered. */
async function late(guarded: GuardedNode, { calls, answered = 0 }: Calls) {
  const runs = Array.from({ length: calls }, async () => guarded.run(never, SHORT_MS));
  for (let call = 0; call < answered; call += 1) await guarded.run(answers, LONG_MS);
  const outcomes = await Promise.allSettled(runs);
  return outcomes.map((outcome) => outcome.status === 'rejected' && (outcome.reason as unknown));
}

describe('a node that is late for several calls', () => {
  it('has answered others meanwhile → is not left alone', async () => {
    const guarded = guard({ breakAfterFailures: 3 });
    await late(guarded, { calls: 5, answered: 1 });
    expect(guarded.isLeftAlone).toBe(false);
    expect(await guarded.run(answers, LONG_MS)).toBe('answered');
  });

  it('has answered nobody meanwhile → is left alone', async () => {
    const guarded = guard({ breakAfterFailures: 3 });
    await guarded.run(answers, LONG_MS);
    await late(guarded, { calls: 5 });
    expect(guarded.isLeftAlone).toBe(true);
    await expect(guarded.run(answers, LONG_MS)).rejects.toMatchObject({ code: 'unreachable' });
  });

  it('has answered one of them, too late → is not left alone', async () => {
    const guarded = guard({ breakAfterFailures: 2 });
    let answer: () => void = () => undefined;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    const [first, second] = [
      guarded.run(() => answered, SHORT_MS),
      guarded.run(never, 5 * SHORT_MS),
    ];
    await expect(first).rejects.toMatchObject({ code: 'deadline' });
    answer();
    await expect(second).rejects.toMatchObject({ code: 'deadline' });
    expect(guarded.isLeftAlone).toBe(false);
  });
});

describe('a call that is too late at a node that has answered others', () => {
  it('nobody had to wait for a turn → deadline', async () => {
    const [error] = await late(guard(), { calls: 1, answered: 1 });
    expect(error).toMatchObject({ code: 'deadline' });
  });

  it('others had to wait for their turn → overloaded', async () => {
    const guarded = guard({ maxConcurrent: 2 });
    const runs = late(guarded, { calls: 1 });
    await Promise.all([guarded.run(answers, LONG_MS), guarded.run(answers, LONG_MS)]);
    expect(await runs).toEqual([expect.objectContaining({ code: 'overloaded' })]);
  });
});

describe('a call for which no time is left', () => {
  it('→ overloaded, the node is not asked, and not left alone', async () => {
    const guarded = guard({ breakAfterFailures: 1 });
    let asked = 0;
    const run = async () => guarded.run(() => Promise.resolve((asked += 1)), 0);
    await expect(run()).rejects.toMatchObject({ code: 'overloaded' });
    expect([asked, guarded.isLeftAlone]).toEqual([0, false]);
  });
});
