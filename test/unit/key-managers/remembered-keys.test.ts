import { describe, expect, it, vi } from 'vitest';
import { type KeyDescription, KeyManagerError } from '../../../src/key-managers/backend.js';
import { RememberedKeys } from '../../../src/key-managers/remembered-keys.js';
import { Deadline } from '../../../src/shared/deadline.js';
import { systemClock } from '../../../src/shared/clock.js';

const MAX_AGE_MS = 1_000;

/** A description that says in its id when it was read. */
function described(time: number): KeyDescription {
  const externalKeyId = `read at ${time}`;
  return {
    externalKeyId,
    usage: new Set(),
    enabled: true,
    current: undefined,
    versions: new Map(),
  };
}

function cacheAt() {
  let time = 0;
  const clock = { now: () => time, monotonic: () => time };
  const read = vi.fn(async () => ({ description: described(time) }));
  const cache = new RememberedKeys({
    read,
    clock,
    budgetMs: 1_000,
    maxAgeMs: MAX_AGE_MS,
    source: 'the server',
    aboutTheKey: new Set(['key-not-found']),
    outlivesOutages: false,
  });
  return {
    read,
    cache,
    get: (deadline = Deadline.after(systemClock, 10_000)) =>
      cache.get('key', deadline).then(({ description }) => description.externalKeyId),
    wait: (ms: number) => {
      time += ms;
    },
  };
}

describe('RememberedKeys', () => {
  it('young → from memory', async () => {
    const { get, read, wait } = cacheAt();
    await get();
    wait(499);
    expect(await get()).toBe('read at 0');
    expect(read).toHaveBeenCalledTimes(1);
  });

  it('older than half its time → from memory, and read again behind it', async () => {
    const { get, read, wait } = cacheAt();
    await get();
    wait(500);
    expect(await get()).toBe('read at 0');
    expect(read).toHaveBeenCalledTimes(2);
    await vi.waitFor(async () => {
      expect(await get()).toBe('read at 500');
    });
  });

  it('too old → read before it is handed out', async () => {
    const { get, wait } = cacheAt();
    await get();
    wait(1_001);
    expect(await get()).toBe('read at 1001');
  });

  it('the server fails behind it → from memory until it is too old, then the failure', async () => {
    const { get, read, wait } = cacheAt();
    await get();
    read.mockRejectedValue(new KeyManagerError('unreachable', 'down'));
    wait(600);
    expect(await get()).toBe('read at 0');
    wait(401);
    await expect(get()).rejects.toMatchObject({ code: 'unreachable' });
  });

  it('the key is gone behind it → forgotten at once', async () => {
    const { get, read, wait } = cacheAt();
    await get();
    read.mockRejectedValue(new KeyManagerError('key-not-found', 'gone'));
    wait(600);
    await get();
    await vi.waitFor(async () => {
      await expect(get()).rejects.toMatchObject({ code: 'key-not-found' });
    });
  });

  it('many ask at once → one question', async () => {
    const { get, read } = cacheAt();
    await Promise.all(Array.from({ length: 20 }, () => get()));
    expect(read).toHaveBeenCalledTimes(1);
  });

  it('no key there → asked again every time', async () => {
    const { get, read } = cacheAt();
    read.mockRejectedValueOnce(new KeyManagerError('key-not-found', 'none'));
    await expect(get()).rejects.toMatchObject({ code: 'key-not-found' });
    expect(await get()).toBe('read at 0');
  });

  it('a server that does not answer → deadline', async () => {
    const { get, read } = cacheAt();
    read.mockReturnValue(new Promise(() => undefined));
    await expect(get(Deadline.after(systemClock, 5))).rejects.toMatchObject({ code: 'deadline' });
  });

  it('forgotten → read again', async () => {
    const { cache, get, read } = cacheAt();
    await get();
    cache.forget('key');
    await get();
    expect(read).toHaveBeenCalledTimes(2);
  });
});
