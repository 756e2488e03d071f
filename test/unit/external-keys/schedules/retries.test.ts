import { describe, expect, it } from 'vitest';
import { LifecycleError } from '../../../../src/external-keys/lifecycle/lifecycle-error.js';
import { Retries } from '../../../../src/external-keys/schedules/retries.js';

const MINUTE_MS = 60_000;

/** Attempts at keys, on a clock that a test moves. */
function makeAttempts() {
  const clock = { at: 0, now: () => 0, monotonic: () => clock.at };
  const retries = new Retries();
  const told: unknown[] = [];
  const attempt = async (keyManager: string, error?: Error): Promise<boolean> => {
    let isDone = false;
    const ports = { clock, keyManager: { name: keyManager } };
    const work = () => {
      isDone = true;
      return error === undefined ? Promise.resolve() : Promise.reject(error);
    };
    await retries.attempt(ports, 'k', work, (failure) => told.push(failure));
    return isDone;
  };
  return { attempt, clock, told };
}

describe('Retries', () => {
  it('a failure → told, and the key of that key manager alone waits', async () => {
    const { attempt, clock, told } = makeAttempts();
    const failure = new Error('away');
    expect(await attempt('a', failure)).toBe(true);
    expect(told).toEqual([failure]);
    expect([await attempt('a'), await attempt('b')]).toEqual([false, true]);
    clock.at = MINUTE_MS;
    expect(await attempt('a')).toBe(true);
  });

  it('failures one after the other → each wait is twice the last, and six hours at most', async () => {
    const { attempt, clock } = makeAttempts();
    for (const minutes of [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360]) {
      expect(await attempt('a', new Error('away'))).toBe(true);
      clock.at += minutes * MINUTE_MS - 1;
      expect(await attempt('a')).toBe(false);
      clock.at += 1;
    }
  });

  it('somebody else is at the key → not told, and tried at once', async () => {
    const { attempt, told } = makeAttempts();
    await attempt('a', new LifecycleError('conflict', 'another act is under way'));
    expect([await attempt('a'), told]).toEqual([true, []]);
  });
});
