import { describe, expect, it } from 'vitest';
import { InDoubt } from '../../../../../src/audit/sinks/syslog/delivery.js';

const MIB = 1024 * 1024;
const at = (record: number) => ({ record, checkpoint: 0 });

describe('InDoubt', () => {
  it('little was sent → in doubt from the first on', () => {
    const inDoubt = new InDoubt();
    expect(inDoubt.since).toBeUndefined();
    inDoubt.add(at(3), 100);
    inDoubt.add(at(4), 100);
    expect(inDoubt.since).toEqual(at(3));
  });

  it('much was sent → what is in doubt is at least the last 8 MiB, and hardly more', () => {
    const inDoubt = new InDoubt();
    for (let record = 0; record < 20 * 1024; record += 1) inDoubt.add(at(record), 1024);
    const doubted = 20 * 1024 - (inDoubt.since?.record ?? 0);
    expect(doubted * 1024).toBeGreaterThanOrEqual(8 * MIB);
    expect(doubted * 1024).toBeLessThan(8 * MIB + 128 * 1024);
  });

  it('one send that is larger than all that is doubted → in doubt, all of it', () => {
    const inDoubt = new InDoubt();
    inDoubt.add(at(0), 100 * 1024);
    inDoubt.add(at(1), 10 * MIB);
    expect(inDoubt.since).toEqual(at(1));
  });

  it('cleared → nothing is in doubt', () => {
    const inDoubt = new InDoubt();
    inDoubt.add(at(0), 1);
    inDoubt.clear();
    expect(inDoubt.since).toBeUndefined();
  });
});
