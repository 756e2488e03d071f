import { describe, expect, it } from 'vitest';
import { InlineWrites } from '../../../../src/audit/log/inline-writes.js';

function writesAt() {
  let now = 0;
  const writes = new InlineWrites({ monotonic: () => now });
  return {
    writes,
    pass: (ms: number) => {
      now += ms;
    },
    write: (ms: number) =>
      writes.run(() => {
        now += ms;
        return 1;
      }),
    writeInPool: (ms: number) => {
      const begunAt = now;
      now += ms;
      writes.wroteInPool(begunAt);
    },
    /** How long from now on until writes may be made on the event loop again. */
    pause: () => {
      const from = now;
      while (!writes.areAllowed) now += 100;
      return now - from;
    },
  };
}

describe('a write on the event loop', () => {
  it('of at most 2 ms → the next one may be made there, too', () => {
    const { writes, write } = writesAt();
    for (let round = 0; round < 100; round += 1) write(2);
    expect(writes.areAllowed).toBe(true);
  });

  it('of more → none for a second, then for two, up to a minute', () => {
    const { write, pause } = writesAt();
    const pauses = Array.from({ length: 8 }, () => {
      write(3);
      return pause();
    });
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60].map((seconds) => seconds * 1_000));
  });

  it('of more, ten minutes after the last of those → none for a second', () => {
    const { write, pause, pass } = writesAt();
    for (let round = 0; round < 5; round += 1) {
      write(3);
      pause();
    }
    pass(600_000);
    write(3);
    expect(pause()).toBe(1_000);
  });

  it('of more that fails → none for a second', () => {
    const { writes, pass, pause } = writesAt();
    const failing = () =>
      writes.run(() => {
        pass(500);
        throw new Error('EIO');
      });
    expect(failing).toThrow('EIO');
    expect(pause()).toBe(1_000);
  });
});

describe('a write in the thread pool', () => {
  it('that takes long → none on the event loop for a second after it', () => {
    const { writes, write, writeInPool, pause } = writesAt();
    write(3);
    for (let round = 0; round < 100; round += 1) {
      writeInPool(500);
      expect(writes.areAllowed).toBe(false);
    }
    expect(pause()).toBe(1_000);
  });

  it('that does not → the pause is not longer', () => {
    const { write, writeInPool, pause } = writesAt();
    write(3);
    writeInPool(20);
    expect(pause()).toBeLessThanOrEqual(1_000);
  });
});
