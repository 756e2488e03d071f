import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { KeyUse } from '../../../../src/external-keys/use/key-use.js';
import { Deadline } from '../../../../src/shared/deadline.js';
import { systemClock } from '../../../../src/shared/clock.js';
import type { StateCopy } from '../../../../src/state/copy/state-copy.js';
import { StateError } from '../../../../src/state/errors.js';
import type { StoredUses } from '../../../../src/state/store.js';
import { BEGIN } from '../../../support/lifecycle.js';
import { captureLog } from '../../../support/log-lines.js';
import { MemoryState } from '../../../support/memory-state-store.js';
import { DAY_MS, ManualClock } from '../../../support/scheduled-replica.js';
import { stateReplica } from '../../../support/state-replica.js';

const MINUTE_MS = 60_000;
const BEGIN_MINUTE = BEGIN / MINUTE_MS;

interface UseReplica {
  readonly use: KeyUse;
  readonly state: StateCopy;
  readonly tell: () => Promise<void>;
}

async function useReplica(memory: MemoryState, clock: ManualClock): Promise<UseReplica> {
  const state = await stateReplica(memory);
  const log = captureLog().logger;
  const use = new KeyUse({ state, clock, log, replicaName: state.replica.slice(0, 4) });
  const follow = () => state.refresh(Deadline.after(systemClock, 10_000));
  const tell = async () => {
    await follow();
    await use.tell();
    await follow();
  };
  await tell();
  return { use, state, tell };
}

/** Makes the lease of a replica end at once, as if it had been killed. */
function kill(memory: MemoryState, { state }: UseReplica): void {
  memory.leases.delete(state.replica);
}

async function parts() {
  const memory = new MemoryState();
  const clock = new ManualClock();
  return { memory, clock, one: await useReplica(memory, clock) };
}

describe('the use of versions', () => {
  it('noted → first and last to the minute, at once on this replica', async () => {
    const { clock, one } = await parts();
    const notes = one.use.notesOf('files');
    notes.encrypted('key', 2);
    clock.pass(90_000);
    notes.encrypted('key', 2);
    notes.decrypted('key', 1);
    expect(one.use.of('files', 'key')).toEqual(
      new Map([
        [2, { encrypted: [BEGIN_MINUTE, BEGIN_MINUTE + 1] }],
        [1, { decrypted: [BEGIN_MINUTE + 1, BEGIN_MINUTE + 1] }],
      ]),
    );
  });

  it('the clock is put back → the later use stays', async () => {
    const { clock, one } = await parts();
    one.use.notesOf('files').encrypted('key', 1);
    one.use.notesOf('files').decrypted('key', 1);
    clock.pass(-100 * DAY_MS);
    one.use.notesOf('files').encrypted('key', 1);
    one.use.notesOf('files').decrypted('key', 1);
    expect(one.use.of('files', 'key').get(1)).toEqual({
      encrypted: [BEGIN_MINUTE, BEGIN_MINUTE],
      decrypted: [BEGIN_MINUTE, BEGIN_MINUTE],
    });
  });

  it('the list of replicas cannot be written → what others have told is read all the same', async () => {
    const { memory, clock, one } = await parts();
    const two = await useReplica(memory, clock);
    two.use.notesOf('files').decrypted('key', 1);
    await two.tell();
    clock.pass(2 * DAY_MS);
    vi.spyOn(one.use.reporting, 'renew').mockRejectedValue(new StateError('unavailable', 'away'));
    await one.use.tell();
    expect(one.use.of('files', 'key').get(1)).toEqual({ decrypted: [BEGIN_MINUTE, BEGIN_MINUTE] });
  });

  it('asked for while it is being gathered → known', async () => {
    const { one } = await parts();
    const notes = one.use.notesOf('files');
    for (let key = 0; key < 500; key += 1) notes.decrypted(`key-${String(key)}`, 1);
    const telling = one.use.tell();
    for (let turn = 0; turn < 60; turn += 1) {
      expect(one.use.of('files', 'key-7').size).toBe(1);
      expect(one.use.of('files', 'key-499').size).toBe(1);
      await setImmediate();
    }
    await telling;
  });

  it('told by two replicas → joined, and known to a third after both have ended', async () => {
    const { memory, clock, one } = await parts();
    const two = await useReplica(memory, clock);
    one.use.notesOf('files').decrypted('key', 1);
    clock.pass(10 * MINUTE_MS);
    two.use.notesOf('files').decrypted('key', 1);
    await one.tell();
    await two.tell();
    const three = await useReplica(memory, clock);
    expect(three.use.of('files', 'key').get(1)).toEqual({
      decrypted: [BEGIN_MINUTE, BEGIN_MINUTE + 10],
    });
  });

  it('both tell at the same time → one waits for the next minute, nothing is lost', async () => {
    const { memory, clock, one } = await parts();
    const two = await useReplica(memory, clock);
    one.use.notesOf('files').encrypted('key', 1);
    two.use.notesOf('files').decrypted('key', 1);
    await Promise.all([one.use.tell(), two.use.tell()]);
    await one.tell();
    await two.tell();
    await one.tell();
    expect(one.use.of('files', 'key').get(1)).toEqual({
      encrypted: [BEGIN_MINUTE, BEGIN_MINUTE],
      decrypted: [BEGIN_MINUTE, BEGIN_MINUTE],
    });
  });

  it('a replica that has ended, or was killed → its name is known for 90 days', async () => {
    const { memory, clock, one } = await parts();
    const two = await useReplica(memory, clock);
    const three = await useReplica(memory, clock);
    await two.use.stop();
    kill(memory, three);
    const names = [two, three].map(({ state }) => state.replica.slice(0, 4)).sort();
    const known = async () => {
      await one.tell();
      return one.use.reporting.othersSince(clock.now() - 90 * DAY_MS);
    };
    expect(await known()).toEqual(names);
    clock.pass(90 * DAY_MS);
    expect(await known()).toEqual(names);
    clock.pass(2 * DAY_MS);
    expect(await known()).toEqual([]);
  });

  it.each(['__proto__', 'constructor', 'hasOwnProperty', 'toString'])(
    'a key with the id %s → its use is told and known like that of any other',
    async (id) => {
      const { memory, clock, one } = await parts();
      one.use.notesOf('files').decrypted(id, 1);
      await one.tell();
      const two = await useReplica(memory, clock);
      expect(two.use.of('files', id).get(1)).toEqual({ decrypted: [BEGIN_MINUTE, BEGIN_MINUTE] });
    },
  );

  it.each([4_000_000_000, 2 ** 32 - 1])(
    'version %s of a token → told as any other',
    async (version) => {
      const { memory, clock, one } = await parts();
      one.use.notesOf('token').encrypted('key', version);
      await one.tell();
      const two = await useReplica(memory, clock);
      expect([...two.use.of('token', 'key').keys()]).toEqual([version]);
    },
  );

  it('the same use again in the same minute → nothing is written', async () => {
    const { memory, one } = await parts();
    one.use.notesOf('files').encrypted('key', 1);
    await one.tell();
    const told = [...memory.uses.values()];
    one.use.notesOf('files').encrypted('key', 1);
    await one.tell();
    expect([...memory.uses.values()]).toEqual(told);
  });

  it('ten thousand keys are used → told in 32 parts and one that says since when, and no revision of the store', async () => {
    const { memory, one } = await parts();
    const { revision } = memory.mark;
    const notes = one.use.notesOf('files');
    for (let key = 0; key < 10_000; key += 1) notes.decrypted(`key-${String(key)}`, 1);
    let turnsForOthers = 0;
    const others = setInterval(() => (turnsForOthers += 1));
    await one.tell();
    clearInterval(others);
    expect(turnsForOthers).toBeGreaterThan(20);
    expect(memory.uses.size).toBe(33);
    expect(memory.mark.revision).toBe(revision);
  });

  it('the store has lost what was told → a replica that knows it tells it again', async () => {
    const { memory, clock, one } = await parts();
    const two = await useReplica(memory, clock);
    one.use.notesOf('files').encrypted('key', 1);
    await one.tell();
    await two.tell();
    memory.uses.clear();
    two.use.notesOf('files').decrypted('key', 1);
    await two.tell();
    const three = await useReplica(memory, clock);
    expect(three.use.of('files', 'key').get(1)).toEqual({
      encrypted: [BEGIN_MINUTE, BEGIN_MINUTE],
      decrypted: [BEGIN_MINUTE, BEGIN_MINUTE],
    });
  });
});

describe('since when every use is known', () => {
  const since = ({ use }: UseReplica) => use.reporting.completeness.sinceMs;

  it('since the first replica started; another one joins, and ends in order → the same', async () => {
    const { memory, clock, one } = await parts();
    clock.pass(DAY_MS);
    const two = await useReplica(memory, clock);
    await one.tell();
    expect(since(one)).toBe(BEGIN);
    await two.use.stop();
    await two.state.close();
    await one.tell();
    expect(since(one)).toBe(BEGIN);
  });

  it('a replica is killed → since then, for it may have used a version and not told', async () => {
    const { memory, clock, one } = await parts();
    const two = await useReplica(memory, clock);
    await one.tell();
    clock.pass(DAY_MS);
    two.use.notesOf('files').decrypted('key', 1);
    await two.state.close();
    kill(memory, two);
    await one.tell();
    expect(since(one)).toBe(BEGIN + DAY_MS);
    clock.pass(DAY_MS);
    await one.tell();
    expect(since(one)).toBe(BEGIN + DAY_MS);
  });

  it('a replica that does not tell has a lease → unknown, and from its end on anew', async () => {
    const { memory, clock, one } = await parts();
    const silent = await stateReplica(memory);
    clock.pass(MINUTE_MS);
    await one.tell();
    expect(one.use.reporting.completeness).toMatchObject({ sinceMs: undefined });
    expect(one.use.reporting.completeness.gaps).toHaveLength(1);
    clock.pass(MINUTE_MS);
    await one.tell();
    await silent.close();
    await one.tell();
    expect(since(one)).toBe(BEGIN + 2 * MINUTE_MS);
  });

  it('the uses are lost and the documents are not, as in a backup of these alone → anew', async () => {
    const { memory, clock, one } = await parts();
    one.use.notesOf('files').encrypted('key', 1);
    await one.use.stop();
    await one.state.close();
    memory.uses.clear();
    clock.pass(DAY_MS);
    const two = await useReplica(memory, clock);
    expect(since(two)).toBe(BEGIN + DAY_MS);
    clock.pass(DAY_MS);
    const three = await useReplica(memory, clock);
    expect(since(three)).toBe(BEGIN + DAY_MS);
  });

  it('what was told cannot be read → unknown, it is named, and left as it is', async () => {
    const { memory, one } = await parts();
    one.use.notesOf('files').encrypted('key', 1);
    await one.tell();
    const isShard = ([, { collection }]: [string, StoredUses]) => collection === 'key-use';
    const [name, told] = [...memory.uses].find(isShard) ?? [];
    if (name === undefined || told === undefined) throw new Error('something was told');
    const spoilt = { ...told, token: 'f'.repeat(32), contents: '{"key":[]}' };
    memory.uses.set(name, spoilt);
    one.use.notesOf('files').decrypted('key', 1);
    await one.tell();
    expect(memory.uses.get(name)).toEqual(spoilt);
    expect(one.use.reporting.completeness).toEqual({
      sinceMs: undefined,
      gaps: [
        expect.stringMatching(/^key-use: files\/\d+ does not follow its schema: key; it is left/),
      ],
    });
    expect(one.state.standing.problems).toEqual(one.use.reporting.completeness.gaps);
    expect(one.use.of('files', 'key').get(1)).toMatchObject({
      decrypted: [BEGIN_MINUTE, BEGIN_MINUTE],
    });
    memory.uses.set(name, told);
    await one.tell();
    expect(since(one)).toBe(BEGIN);
  });
});
