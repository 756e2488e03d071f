import { describe, expect, it } from 'vitest';
import type { KeyRecord } from '../../../../src/external-keys/record.js';
import { waitingFrom } from '../../../../src/external-keys/schedules/waiting.js';
import { LivingKeys } from '../../../support/living-keys.js';
import { MemoryState } from '../../../support/memory-state-store.js';
import { DAY_MS, ManualClock, scheduledReplica } from '../../../support/scheduled-replica.js';

const MINUTE_MS = 60_000;
const DONE = { at: '2026-11-28T12:00:00.000Z', by: 'ann' };

/** A replica on which a key waits, so that time counts. */
async function waitingReplica(memory = new MemoryState(), clock = new ManualClock()) {
  const replica = await scheduledReplica(memory, new LivingKeys(), clock);
  const deletion = waitingFrom({ now: clock.now(), ranMs: 0 }, 7, DONE);
  const value: KeyRecord = {
    ...{ kind: 'key', externalKeyId: 'key', origin: 'found' },
    ...{ state: 'PendingDeletion', deletion },
  };
  if (replica.records.keyRecordOf('key') === undefined) await replica.records.put(value, 0);
  return { memory, clock, ...replica };
}

describe('the measured running time', () => {
  it('a replica runs → what passed between its rounds, but for the first', async () => {
    const { running, round, runFor } = await waitingReplica();
    await round();
    await runFor(10 * MINUTE_MS);
    expect(running.ranMs).toBe(10 * MINUTE_MS);
  });

  it('the date is set forward by a month → not a millisecond', async () => {
    const { running, clock, round } = await waitingReplica();
    await round();
    clock.setForward(30 * DAY_MS);
    await round();
    expect(running.ranMs).toBe(0);
  });

  it('the process is stopped for a month between two rounds → five minutes at most', async () => {
    const { running, clock, round } = await waitingReplica();
    await round();
    clock.pass(30 * DAY_MS);
    await round();
    expect(running.ranMs).toBe(5 * MINUTE_MS);
  });

  it('two replicas count at the same time → never more than what passed', async () => {
    const one = await waitingReplica();
    const two = await scheduledReplica(one.memory, new LivingKeys(), one.clock);
    await one.running.count();
    await two.running.count();
    for (let minute = 0; minute < 10; minute += 1) {
      one.clock.pass(MINUTE_MS);
      await Promise.allSettled([one.running.count(), two.running.count()]);
    }
    expect(one.running.ranMs).toBeLessThanOrEqual(10 * MINUTE_MS);
    expect(one.running.ranMs).toBeGreaterThan(0);
  });

  it('the holder ends → the next one goes on from where it was', async () => {
    const one = await waitingReplica();
    await one.round();
    await one.runFor(3 * MINUTE_MS);
    await one.state.close();
    one.clock.pass(DAY_MS);
    const two = await waitingReplica(one.memory, one.clock);
    await two.round();
    await two.runFor(2 * MINUTE_MS);
    expect(two.running.ranMs).toBe(5 * MINUTE_MS);
  });

  it('nothing waits → nothing is written', async () => {
    const { memory, records, round, runFor } = await waitingReplica();
    await records.remove('key', records.keyRecordOf('key')?.revision ?? 0);
    await round();
    const { revision } = memory.mark;
    await runFor(3 * MINUTE_MS);
    expect(memory.mark.revision).toBe(revision);
  });
});

describe('a store that was restored or recovered → waiting begins anew', () => {
  async function dueAfter(replica: Awaited<ReturnType<typeof waitingReplica>>) {
    await replica.round();
    return replica.records.keyRecordOf('key')?.value.deletion;
  }

  it('its counters are forgotten, as state recover does', async () => {
    const one = await waitingReplica();
    await one.round();
    await one.runFor(3 * MINUTE_MS);
    one.memory.counters.clear();
    const deletion = await dueAfter(one);
    const due = waitingFrom({ now: one.clock.now(), ranMs: one.running.ranMs }, 7, DONE);
    expect(deletion?.dueAt).toBe(due.dueAt);
    expect(deletion?.dueRanMs).toBe(3 * MINUTE_MS + 7 * DAY_MS);
  });

  it('it has run for less time than this replica has seen', async () => {
    const one = await waitingReplica();
    await one.round();
    await one.runFor(3 * MINUTE_MS);
    one.disk.seen = { storeId: one.state.storeId, ranMs: DAY_MS };
    const before = one.records.keyRecordOf('key')?.value.deletion;
    const deletion = await dueAfter(one);
    expect(deletion?.dueRanMs).toBeGreaterThan(before?.dueRanMs ?? Infinity);
  });

  it('a replica that does not keep the schedules has seen more → all the same', async () => {
    const one = await waitingReplica();
    const two = await scheduledReplica(one.memory, new LivingKeys(), one.clock);
    await one.round();
    await two.round();
    const [holder, other] = one.state.replica < two.state.replica ? [one, two] : [two, one];
    await holder.round();
    one.clock.pass(MINUTE_MS);
    const before = holder.records.keyRecordOf('key')?.value.deletion;
    other.disk.seen = { storeId: one.state.storeId, ranMs: DAY_MS };
    await other.round();
    await holder.round();
    const after = holder.records.keyRecordOf('key')?.value.deletion;
    expect(Date.parse(after?.dueAt ?? '')).toBe(Date.parse(before?.dueAt ?? '') + MINUTE_MS);
  });

  it('nothing of the kind → the period stays as it is', async () => {
    const one = await waitingReplica();
    await one.round();
    const before = one.records.keyRecordOf('key')?.value.deletion;
    await one.runFor(3 * MINUTE_MS);
    expect(await dueAfter(one)).toEqual(before);
  });
});
