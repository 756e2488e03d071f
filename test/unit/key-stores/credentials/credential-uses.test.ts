import { describe, expect, it } from 'vitest';
import { CredentialUses } from '../../../../src/key-stores/credentials/credential-uses.js';
import { SetClock } from '../../../support/kms-simulator/key-ring.js';
import { captureLog } from '../../../support/log-lines.js';
import { MemoryState } from '../../../support/memory-state-store.js';
import { stateReplica } from '../../../support/state-replica.js';

const MINUTE_MS = 60_000;
const ID = 'A'.repeat(24);

async function replicas(count: number) {
  const memory = new MemoryState();
  const clock = new SetClock();
  clock.nowMs -= clock.nowMs % MINUTE_MS;
  const log = captureLog().logger;
  const told = Array.from({ length: count }, async () => {
    const copy = await stateReplica(memory);
    const state = { isInStep: true, uses: copy.uses.bind(copy) };
    const uses = new CredentialUses({ state, clock: { now: () => clock.nowMs }, log });
    return { state, uses };
  });
  return { memory, clock, replicas: await Promise.all(told) };
}

describe('the last use of a credential', () => {
  it('noted on two replicas → the latest of both, to the minute, on each', async () => {
    const { clock, replicas: both } = await replicas(2);
    const uses = both.map((each) => each.uses);
    const [one, two] = uses;
    one?.notesOf('production').used(ID);
    clock.nowMs += 3 * MINUTE_MS + 59_000;
    two?.notesOf('production').used(ID);
    for (let round = 0; round < 3; round += 1) await Promise.all(uses.map((each) => each.tell()));
    for (const each of uses) {
      expect(each.lastUsedAt('production', ID)).toBe(clock.nowMs - 59_000);
      expect(each.lastUsedAt('payroll', ID)).toBeUndefined();
    }
  });

  it('an earlier use that is told later → the later one stays', async () => {
    const { clock, replicas: both } = await replicas(2);
    const [one, two] = both.map(({ uses }) => uses);
    one?.notesOf('production').used(ID);
    clock.nowMs += 5 * MINUTE_MS;
    two?.notesOf('production').used(ID);
    await two?.tell();
    await one?.tell();
    await two?.tell();
    expect(two?.lastUsedAt('production', ID)).toBe(clock.nowMs);
    expect(one?.lastUsedAt('production', ID)).toBe(clock.nowMs);
  });

  it('nothing new within a minute → nothing is written', async () => {
    const {
      memory,
      replicas: [one],
    } = await replicas(1);
    one?.uses.notesOf('production').used(ID);
    await one?.uses.tell();
    const [told] = [...memory.uses.values()];
    one?.uses.notesOf('production').used(ID);
    await one?.uses.tell();
    expect([...memory.uses.values()]).toEqual([told]);
    expect(memory.mark.revision).toBe(0);
  });

  it('the store is away, and back → told then', async () => {
    const {
      memory,
      replicas: [one],
    } = await replicas(1);
    if (one === undefined) throw new Error('there is one');
    one.state.isInStep = false;
    one.uses.notesOf('production').used(ID);
    await one.uses.tell();
    expect(memory.uses.size).toBe(0);
    expect(one.uses.problems).toHaveLength(2);
    one.state.isInStep = true;
    await one.uses.stop();
    expect(memory.uses.size).toBe(1);
    expect(one.uses.problems).toEqual([]);
  });

  it('told, and then out of step with the store → others may have used it since', async () => {
    const {
      replicas: [one],
    } = await replicas(1);
    if (one === undefined) throw new Error('there is one');
    await one.uses.tell();
    expect(one.uses.problems).toEqual([]);
    one.state.isInStep = false;
    await one.uses.tell();
    expect(one.uses.problems).toEqual(['this replica is not in step with the state store']);
  });

  it('the clock is put back → the later use stays', async () => {
    const { clock, replicas: all } = await replicas(1);
    const one = all[0]?.uses;
    const usedAt = clock.nowMs;
    one?.notesOf('production').used(ID);
    clock.nowMs -= 60 * MINUTE_MS;
    one?.notesOf('production').used(ID);
    expect(one?.lastUsedAt('production', ID)).toBe(usedAt);
  });

  it('used at any second of a minute → it counts as unused since the end of that minute', async () => {
    const { clock, replicas: all } = await replicas(1);
    const one = all[0]?.uses;
    clock.nowMs += 59_000;
    one?.notesOf('production').used(ID);
    expect(one?.unusedForMs('production', ID)).toBe(0);
    clock.nowMs += 10 * MINUTE_MS;
    expect(one?.unusedForMs('production', ID)).toBe(10 * MINUTE_MS - 1_000);
    expect(one?.unusedForMs('production', 'B')).toBeUndefined();
  });
});
