import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { ChildFailure } from '../../../../src/key-managers/pkcs11/pool/child-failure.js';
import {
  ChildPool,
  type PooledChild,
} from '../../../../src/key-managers/pkcs11/pool/child-pool.js';
import type { ChildRequest } from '../../../../src/key-managers/pkcs11/pool/child-process.js';
import type { Failure } from '../../../../src/key-managers/pkcs11/wire/messages.js';
import { systemClock } from '../../../../src/shared/clock.js';
import { Deadline } from '../../../../src/shared/deadline.js';

/** A child without a process, which answers with its own number. */
class FakeChild implements PooledChild {
  readonly ended: Promise<string>;
  readonly pid: number;
  outstanding = 0;
  isGone = false;
  isFull = false;
  /** How its next request fails. */
  failure: Failure['effect'];
  #end: (reason: string) => void = () => undefined;

  constructor(pid: number) {
    this.pid = pid;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  hasRoom(): boolean {
    return !this.isFull;
  }

  request(): Promise<Buffer> {
    const effect = this.failure;
    if (effect === undefined) return Promise.resolve(Buffer.of(this.pid));
    this.failure = undefined;
    return Promise.reject(failure(effect));
  }

  kill(reason: string): void {
    this.isGone = true;
    this.#end(reason);
  }

  close(): Promise<void> {
    this.kill('closed');
    return Promise.resolve();
  }
}

const pools: ChildPool[] = [];

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

describe('the children of a token', () => {
  test('started → one opens at a time until all serve', async () => {
    const { pool, opening } = await served();
    expect(opening.most).toBe(1);
    expect(pool.problem).toBeUndefined();
  });

  test('the first cannot be opened → its error, and another serves in its place', async () => {
    const { pool, children, openings } = makePool();
    openings.push(failure('child-lost'));
    await expect(pool.start()).rejects.toThrow('child-lost');
    await vi.waitUntil(() => pool.ready.size === 2);
    expect(children.map(({ isGone }) => isGone)).toEqual([true, false, false]);
  });

  test('a PIN refused → nobody logs in again', async () => {
    const { pool, children, openings } = makePool();
    openings.push(failure('pin-refused'));
    await expect(pool.start()).rejects.toThrow('pin-refused');
    await pool.close();
    expect(children).toHaveLength(1);
    expect(pool.problem).toBe('pin-refused');
  });

  test('a session lost → another child is asked, and the same process opens again', async () => {
    const { pool, children } = await served();
    failNext(children[0], 'session-lost');
    expect(await pool.request(request())).toEqual(Buffer.of(2));
    await vi.waitUntil(() => pool.ready.size === 2);
    expect(children).toHaveLength(2);
    expect(children[0]?.isGone).toBe(false);
  });

  test('a child of no use → its error, and a new process in its place', async () => {
    const { pool, children } = await served();
    failNext(children[0], 'child-lost');
    await expect(pool.request(request())).rejects.toThrow('child-lost');
    await vi.waitUntil(() => pool.ready.size === 2);
    expect(children.map(({ isGone }) => isGone)).toEqual([true, false, false]);
  });

  test('an unsafe IV → every child is killed, and none follows', async () => {
    const { pool, children } = await served();
    failNext(children[0], 'unsafe-iv');
    await expect(pool.request(request())).rejects.toThrow('unsafe-iv');
    await vi.waitUntil(() => pool.ready.size === 0);
    await expect(pool.request(request())).rejects.toMatchObject({ code: 'unreachable' });
    expect(children.map(({ isGone }) => isGone)).toEqual([true, true]);
  });

  test('a process that ends by itself → a new one in its place', async () => {
    const { pool, children } = await served();
    children[1]?.kill('it ended by SIGSEGV');
    await vi.waitUntil(() => children.length === 3 && pool.ready.size === 2);
    expect(pool.problem).toBeUndefined();
  });

  test('the first has no room → the next; none has → the one with the least to do', async () => {
    const { pool, children } = await served();
    const [first, second] = children;
    if (first === undefined || second === undefined) throw new Error('two children serve');
    first.isFull = true;
    first.outstanding = 20;
    expect(await pool.request(request())).toEqual(Buffer.of(2));
    second.isFull = true;
    second.outstanding = 30;
    expect(await pool.request(request())).toEqual(Buffer.of(1));
  });

  test('closed → every child is let go, and none follows', async () => {
    const { pool, children } = await served();
    await pool.close();
    expect(children.map(({ isGone }) => isGone)).toEqual([true, true]);
    await expect(pool.request(request())).rejects.toMatchObject({ code: 'unreachable' });
  });
});

/** A pool of two; what is pushed to `openings` is thrown by the next that opens. */
function makePool() {
  const children: FakeChild[] = [];
  const openings: Error[] = [];
  const opening = { now: 0, most: 0 };
  const ignore = () => undefined;
  const pool = new ChildPool({
    size: 2,
    log: { info: ignore, warn: ignore, error: ignore },
    start: () => {
      const child = new FakeChild(children.length + 1);
      children.push(child);
      return child;
    },
    open: async () => {
      opening.now += 1;
      opening.most = Math.max(opening.most, opening.now);
      await setImmediate();
      opening.now -= 1;
      const error = openings.shift();
      if (error !== undefined) throw error;
    },
  });
  pools.push(pool);
  return { pool, children, openings, opening };
}

async function served() {
  const made = makePool();
  await made.pool.start();
  await vi.waitUntil(() => made.pool.ready.size === 2);
  return made;
}

function failNext(child: FakeChild | undefined, effect: Failure['effect']): void {
  if (child === undefined) throw new Error('the child serves');
  child.failure = effect;
}

function failure(effect: Failure['effect']): ChildFailure {
  return new ChildFailure({ code: 'unreachable', message: String(effect), effect });
}

function request(): ChildRequest {
  const deadline = Deadline.after(systemClock, 10_000);
  return { operation: 'decrypt', body: [], deadline, stallMs: 1_000 };
}
