import { describe, expect, it } from 'vitest';
import { CredentialUses } from '../../../../src/key-stores/credentials/credential-uses.js';
import type { KeptUses } from '../../../../src/key-stores/credentials/documents.js';
import { CollectionInMemory } from '../../../support/collection-in-memory.js';
import { SetClock } from '../../../support/kms-simulator/key-ring.js';
import { captureLog } from '../../../support/log-lines.js';

const MINUTE_MS = 60_000;
const ID = 'A'.repeat(24);

function replicas(count: number) {
  const collection = new CollectionInMemory<KeptUses>();
  const clock = new SetClock();
  clock.nowMs -= clock.nowMs % MINUTE_MS;
  const state = { collection: () => collection as never, isInStep: true };
  const log = captureLog().logger;
  const uses = Array.from(
    { length: count },
    () => new CredentialUses({ state, clock: { now: () => clock.nowMs }, log }),
  );
  return { collection, clock, uses, state };
}

describe('the last use of a credential', () => {
  it('noted on two replicas → the latest of both, to the minute, on each', async () => {
    const { clock, uses } = replicas(2);
    const [one, two] = uses;
    one?.notesOf('production').used(ID);
    clock.nowMs += 3 * MINUTE_MS + 59_000;
    two?.notesOf('production').used(ID);
    for (let round = 0; round < 2; round += 1) await Promise.all(uses.map((each) => each.tell()));
    for (const each of uses) {
      expect(each.lastUsedAt('production', ID)).toBe(clock.nowMs - 59_000);
      expect(each.lastUsedAt('payroll', ID)).toBeUndefined();
    }
  });

  it('an earlier use that is told later → the later one stays', async () => {
    const { clock, uses } = replicas(2);
    const [one, two] = uses;
    one?.notesOf('production').used(ID);
    clock.nowMs += 5 * MINUTE_MS;
    two?.notesOf('production').used(ID);
    await two?.tell();
    await one?.tell();
    expect(one?.lastUsedAt('production', ID)).toBe(clock.nowMs);
  });

  it('nothing new within a minute → nothing is written', async () => {
    const { collection, uses } = replicas(1);
    const [one] = uses;
    one?.notesOf('production').used(ID);
    await one?.tell();
    const { revision } = collection.get('production') ?? {};
    one?.notesOf('production').used(ID);
    await one?.tell();
    expect(collection.get('production')?.revision).toBe(revision);
  });

  it('the store is away, and back → told then', async () => {
    const { uses, state, collection } = replicas(1);
    const [one] = uses;
    state.isInStep = false;
    one?.notesOf('production').used(ID);
    await one?.tell();
    expect(collection.list()).toEqual([]);
    state.isInStep = true;
    await one?.stop();
    expect(collection.list()).toHaveLength(1);
  });

  it('used at any second of a minute → it counts as unused since the end of that minute', () => {
    const { clock, uses } = replicas(1);
    const [one] = uses;
    clock.nowMs += 59_000;
    one?.notesOf('production').used(ID);
    expect(one?.unusedForMs('production', ID)).toBe(0);
    clock.nowMs += 10 * MINUTE_MS;
    expect(one?.unusedForMs('production', ID)).toBe(10 * MINUTE_MS - 1_000);
    expect(one?.unusedForMs('production', 'B')).toBeUndefined();
  });
});
