import { describe, expect, it } from 'vitest';
import { KeyManagerError } from '../../../../src/key-managers/backend.js';
import { Outstanding } from '../../../../src/key-managers/pkcs11/pool/outstanding.js';

function waiter(expiresAt: number, heard: string[] = []) {
  return {
    resolve: () => heard.push('answer'),
    reject: (error: Error) => heard.push(error instanceof KeyManagerError ? error.code : 'other'),
    expiresAt,
    stallMs: 500,
    isCipher: true,
  };
}

describe('Outstanding', () => {
  it('a deadline that passes → told once, and the reply that comes later is no surprise', () => {
    const heard: string[] = [];
    const outstanding = new Outstanding();
    outstanding.add(1, waiter(140, heard), 0);
    outstanding.expire(139);
    expect(heard).toEqual([]);
    outstanding.expire(140);
    outstanding.expire(200);
    expect(heard).toEqual(['deadline']);
    expect(outstanding.size).toBe(1);
    outstanding.take(1, 210);
    expect(outstanding.size).toBe(0);
  });

  it('a reply to nothing → refused', () => {
    expect(() => new Outstanding().take(1, 0)).toThrow(KeyManagerError);
  });

  /** Has answered so many, each in this time. */
  function paced(turnsMs: readonly number[]): { outstanding: Outstanding; now: number } {
    const outstanding = new Outstanding();
    let now = 0;
    for (const [id, turnMs] of turnsMs.entries()) {
      outstanding.add(id, waiter(10_000), now);
      now += turnMs;
      outstanding.take(id, now);
    }
    return { outstanding, now };
  }

  it('one more behind others → expected to take what the last turns took, for each', () => {
    const { outstanding, now } = paced([1, 100, 100, 100]);
    expect(outstanding.expectedMs(now)).toBe(0);
    outstanding.add(10, waiter(10_000), now);
    expect(outstanding.expectedMs(now + 30)).toBe(70 + 100);
    outstanding.add(11, waiter(10_000), now + 30);
    expect(outstanding.expectedMs(now + 30)).toBe(70 + 200);
    expect(outstanding.expectedMs(now + 900)).toBe(200);
  });

  it.each([[[]], [[100]], [[1, 100, 100]], [[100, 100, 1]], [[100, 100, 100, 1]]])(
    'turns of %j ms → too little is known, or it is quick again: nobody is turned away',
    (turnsMs) => {
      const { outstanding, now } = paced(turnsMs);
      for (let id = 10; id < 30; id += 1) outstanding.add(id, waiter(10_000), now);
      expect(outstanding.expectedMs(now)).toBeLessThan(140);
    },
  );

  it('one that waits behind others → not stalled by their turns', () => {
    const outstanding = new Outstanding();
    for (const id of [1, 2, 3]) outstanding.add(id, waiter(10_000), 0);
    outstanding.take(1, 400);
    outstanding.take(2, 800);
    expect(outstanding.isStalled(1_200)).toBe(false);
    expect(outstanding.isStalled(1_301)).toBe(true);
  });

  it('an idle child → its next turn begins with the next request', () => {
    const outstanding = new Outstanding();
    outstanding.add(1, waiter(10_000), 0);
    outstanding.take(1, 1);
    outstanding.add(2, waiter(10_000), 5_000);
    expect(outstanding.isStalled(5_400)).toBe(false);
  });

  it('turns of 100 ms → not quick', () => {
    const outstanding = new Outstanding();
    outstanding.add(1, waiter(10_000), 0);
    expect(outstanding.takesLessThan(1, 0.5)).toBe(true);
    expect(outstanding.takesLessThan(1, 2)).toBe(false);
    outstanding.take(1, 100);
    expect(outstanding.takesLessThan(1, 100.1)).toBe(false);
  });

  it('the child gone → all are told', () => {
    const heard: string[] = [];
    const outstanding = new Outstanding();
    for (const id of [1, 2]) outstanding.add(id, waiter(10_000, heard), 0);
    outstanding.rejectAll(new KeyManagerError('unreachable', 'gone'));
    expect(heard).toEqual(['unreachable', 'unreachable']);
    expect(outstanding.size).toBe(0);
  });
});
