import { describe, expect, it, vi } from 'vitest';
import { KeyManagerError } from '../../../src/key-managers/backend.js';
import { KeyReadings } from '../../../src/key-managers/key-readings.js';
import { systemClock } from '../../../src/shared/clock.js';

/** A key manager whose key has a number, and whose readings a test lets end. */
class FakeKeyManager {
  value = 1;
  isHeld = false;
  failure: KeyManagerError | undefined;
  readonly #held: (() => void)[] = [];
  readonly read = vi.fn(async () => {
    // What is read is what was there when the question came in.
    const { value, failure } = this;
    if (this.isHeld) await new Promise<void>((resolve) => this.#held.push(resolve));
    if (failure !== undefined) throw failure;
    return value;
  });
  readonly readings = new KeyReadings<number>({
    read: this.read,
    clock: systemClock,
    budgetMs: 1_000,
  });

  letGo(): void {
    this.isHeld = false;
    for (const resolve of this.#held.splice(0)) resolve();
  }
}

describe('KeyReadings', () => {
  it('asked anew while a reading is under way → the answer of one that began afterwards', async () => {
    const keyManager = new FakeKeyManager();
    keyManager.isHeld = true;
    const early = keyManager.readings.anew('key');
    keyManager.value = 2;
    const late = keyManager.readings.anew('key');
    keyManager.letGo();
    expect([await early, await late]).toEqual([1, 2]);
  });

  it('a thousand at once → two readings, and all get the later answer but the first', async () => {
    const keyManager = new FakeKeyManager();
    keyManager.isHeld = true;
    const first = keyManager.readings.anew('key');
    keyManager.value = 2;
    const others = Array.from({ length: 1_000 }, () => keyManager.readings.anew('key'));
    keyManager.letGo();
    expect(await first).toBe(1);
    expect(new Set(await Promise.all(others))).toEqual(new Set([2]));
    expect(keyManager.read).toHaveBeenCalledTimes(2);
  });

  it('questions without end → readings no closer together than the interval', async () => {
    const keyManager = new FakeKeyManager();
    const beganAt: number[] = [];
    keyManager.read.mockImplementation(() => {
      beganAt.push(performance.now());
      return Promise.resolve(keyManager.value);
    });
    for (let count = 0; count < 6; count += 1) await keyManager.readings.anew('key');
    const gaps = beganAt.slice(1).map((at, index) => at - (beganAt[index] ?? 0));
    // Timers fire up to a millisecond early.
    expect(Math.min(...gaps)).toBeGreaterThan(23);
  });

  it('questions about one key → another key is read at once', async () => {
    const keyManager = new FakeKeyManager();
    keyManager.isHeld = true;
    const waiting = keyManager.readings.anew('noisy');
    keyManager.isHeld = false;
    expect(await keyManager.readings.anew('quiet')).toBe(1);
    keyManager.letGo();
    await waiting;
  });

  it('joined: shares the reading under way, unless that says that there is no key', async () => {
    const keyManager = new FakeKeyManager();
    keyManager.isHeld = true;
    const early = keyManager.readings.anew('key');
    const sharing = keyManager.readings.joined('key');
    keyManager.letGo();
    await Promise.all([early, sharing]);
    expect(keyManager.read).toHaveBeenCalledTimes(1);

    keyManager.isHeld = true;
    keyManager.failure = new KeyManagerError('key-not-found', 'none');
    const missing = keyManager.readings.anew('new');
    keyManager.failure = undefined;
    const found = keyManager.readings.joined('new');
    keyManager.letGo();
    await expect(missing).rejects.toMatchObject({ code: 'key-not-found' });
    expect(await found).toBe(1);
  });

  it('a reading that fails → told to those who asked, and the next one is made', async () => {
    const keyManager = new FakeKeyManager();
    keyManager.failure = new KeyManagerError('unreachable', 'away');
    await expect(keyManager.readings.anew('key')).rejects.toMatchObject({ code: 'unreachable' });
    keyManager.failure = undefined;
    expect(await keyManager.readings.anew('key')).toBe(1);
  });

  it('thousands of keys → those that are idle are forgotten', async () => {
    const keyManager = new FakeKeyManager();
    for (let count = 0; count < 3_000; count += 1) {
      await keyManager.readings.anew(`key-${String(count)}`);
    }
    expect(keyManager.read).toHaveBeenCalledTimes(3_000);
  });
});
