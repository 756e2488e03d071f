import { describe, expect, it } from 'vitest';
import { RecentLines } from '../../../../../src/audit/sinks/feed/recent-lines.js';

function commit(first: number, count: number, bytes = 0): Buffer {
  const lines = Array.from(
    { length: count },
    (_, index) => `{"schema":1,"sequence":${first + index},"x":"${'x'.repeat(bytes)}"}\n`,
  );
  return Buffer.from(lines.join(''));
}

function sequences(run: ReturnType<RecentLines['take']>): readonly number[] | undefined {
  return run?.lines.map((line) => {
    const { sequence } = JSON.parse(line.toString()) as { sequence: number };
    return sequence;
  });
}

describe('RecentLines', () => {
  it('lines that were added → the size of the log, and the lines once', () => {
    const recent = new RecentLines();
    expect(recent.add(commit(5, 2))).toBe(7);
    expect(recent.add(commit(7, 1))).toBe(8);
    const run = recent.take(5);
    expect(run?.first).toBe(5);
    expect(sequences(run)).toEqual([5, 6, 7]);
    expect(recent.take(8)).toBeUndefined();
  });

  it('a record in the middle of what was added together → from there on', () => {
    const recent = new RecentLines();
    recent.add(commit(0, 5));
    expect(sequences(recent.take(3))).toEqual([3, 4]);
  });

  it('a record before all of them → has to be read from the files', () => {
    const recent = new RecentLines();
    recent.add(commit(5, 1));
    expect(recent.take(4)).toBeUndefined();
    expect(sequences(recent.take(5))).toEqual([5]);
  });

  it('more than a megabyte → the oldest are forgotten', () => {
    const recent = new RecentLines();
    for (let first = 0; first < 2_000; first += 1) recent.add(commit(first, 1, 1_000));
    expect(recent.take(0)).toBeUndefined();
    expect(recent.take(1_500)?.first).toBe(1_500);
  });

  it('much is there → handed out in parts', () => {
    const recent = new RecentLines();
    for (let first = 0; first < 500; first += 1) recent.add(commit(first, 1, 1_000));
    const count = recent.take(0)?.lines.length ?? 0;
    expect(count).toBeLessThan(100);
    expect(recent.take(count)?.first).toBe(count);
  });
});
