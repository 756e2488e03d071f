import { describe, expect, it } from 'vitest';
import { createKey } from '../../../src/external-keys/lifecycle/create-key.js';
import { adoptKey, updateKey } from '../../../src/external-keys/lifecycle/update-key.js';
import { rotateKey } from '../../../src/external-keys/lifecycle/rotate-key.js';
import { disableKey, enableKey } from '../../../src/external-keys/lifecycle/set-key-enabled.js';
import { KEY_STATES, STATE_TABLE } from '../../../src/external-keys/states.js';
import { KeyManagerError, type KeyUsage } from '../../../src/key-managers/backend.js';
import { BEGIN, lifecycleReplica } from '../../support/lifecycle.js';
import { LivingKeys, type LostCall } from '../../support/living-keys.js';
import { MemoryState, MemoryStateStore } from '../../support/memory-state-store.js';

const BOTH: ReadonlySet<KeyUsage> = new Set(['ENCRYPT', 'DECRYPT']);
const AT = new Date(BEGIN).toISOString();
const NOBODY: ReadonlySet<string> = new Set();

function wanted(externalKeyId: string) {
  return { externalKeyId, usage: BOTH, origin: 'generated' } as const;
}

async function parts() {
  const memory = new MemoryState();
  const keys = new LivingKeys();
  return { memory, keys, ...(await lifecycleReplica(memory, keys)) };
}

/** Loses the first call of an act. */
function losingOnce(keys: LivingKeys, act: string, lost: LostCall): void {
  let isLost = false;
  keys.losing = (each) => {
    if (each !== act || isLost) return undefined;
    isLost = true;
    return lost;
  };
}

describe('createKey', () => {
  it('a free id → Enabled, with who and when, on every replica', async () => {
    const { lifecycle, memory, keys } = await parts();
    const { value } = await createKey(lifecycle, { ...wanted('payroll'), tags: { a: 'b' } }, 'ann');
    const created = { at: AT, by: 'ann' };
    expect(value).toMatchObject({ state: 'Enabled', origin: 'generated', created });
    expect(value.intent).toBeUndefined();
    const other = await lifecycleReplica(memory, keys);
    expect(other.records.keyRecordOf('payroll')?.value).toEqual(value);
    expect(other.records.keyOf('payroll').state).toBe('Enabled');
  });

  it.each([
    ['of a key with a record', 'payroll'],
    ['in another case', 'PayRoll'],
    ['that its key manager alone knows', 'found'],
  ])('an id %s → conflict, and nothing is made', async (_, id) => {
    const { lifecycle, keys } = await parts();
    keys.makeElsewhere('found');
    await createKey(lifecycle, wanted('payroll'), 'ann');
    const before = [...keys.done];
    await expect(createKey(lifecycle, wanted(id), 'ann')).rejects.toMatchObject({
      name: 'LifecycleError',
      code: 'conflict',
    });
    expect(keys.done).toEqual(before);
  });

  it('the id of a destroyed key → conflict', async () => {
    const { lifecycle, records } = await parts();
    const { value, revision } = await createKey(lifecycle, wanted('gone'), 'ann');
    await records.put({ ...value, state: 'Destroyed' }, revision);
    await expect(createKey(lifecycle, wanted('gone'), 'ann')).rejects.toThrow(/never used again/);
  });

  it('two replicas at once → one makes it, the other says so', async () => {
    const { memory, keys, lifecycle } = await parts();
    const other = await lifecycleReplica(memory, keys);
    const outcomes = await Promise.allSettled([
      createKey(lifecycle, wanted('one'), 'ann'),
      createKey(other.lifecycle, wanted('One'), 'bob'),
    ]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(keys.done).toHaveLength(1);
  });

  it('refused by the key manager → no record, and the id is free', async () => {
    const { lifecycle, records, keys } = await parts();
    const create = keys.administration.createKey;
    keys.administration.createKey = () =>
      Promise.reject(new KeyManagerError('unsupported', 'not now'));
    await expect(createKey(lifecycle, wanted('key'), 'ann')).rejects.toMatchObject({
      code: 'unsupported',
    });
    expect(records.documentOf('key')?.kind).toBe('removed');
    keys.administration.createKey = create;
    expect((await createKey(lifecycle, wanted('key'), 'ann')).value.state).toBe('Enabled');
  });

  it.each(['before', 'after'] as const)(
    'the call is lost %s the key is made → Creating, and finished later, once',
    async (lost) => {
      const { lifecycle, records, keys } = await parts();
      losingOnce(keys, 'create', lost);
      await expect(createKey(lifecycle, wanted('key'), 'ann')).rejects.toMatchObject({
        code: 'unfinished',
      });
      expect(records.keyOf('key').state).toBe('Creating');
      await lifecycle.finishAbandoned(NOBODY);
      expect(records.keyRecordOf('key')?.value).toMatchObject({ state: 'Enabled' });
      expect(keys.done).toEqual(['create key']);
    },
  );
});

describe('rotateKey', () => {
  it('an Enabled key → one version more, told to people', async () => {
    const { lifecycle, keys, events } = await parts();
    keys.makeElsewhere('found');
    const { value } = await rotateKey(lifecycle, 'found', 'ann');
    expect(value).toMatchObject({ origin: 'found', lastRotated: { at: AT, by: 'ann' } });
    expect(events).toEqual([
      expect.objectContaining({ event: 'key-rotated', keyVersion: 2, cause: 'on-demand' }),
    ]);
  });

  it('two replicas at once → one version more, and the other says so', async () => {
    const { memory, keys, lifecycle } = await parts();
    keys.makeElsewhere('key');
    const other = await lifecycleReplica(memory, keys);
    const outcomes = await Promise.allSettled([
      rotateKey(lifecycle, 'key', 'ann'),
      rotateKey(other.lifecycle, 'key', 'bob'),
    ]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(keys.done).toEqual(['rotate key']);
  });

  it.each(['before', 'after'] as const)(
    'the replica dies %s the key manager has rotated → another one finishes it, once',
    async (lost) => {
      const { memory, keys, lifecycle, state } = await parts();
      keys.makeElsewhere('key');
      losingOnce(keys, 'rotate', lost);
      await expect(rotateKey(lifecycle, 'key', 'ann')).rejects.toMatchObject({
        code: 'unfinished',
      });
      const other = await lifecycleReplica(memory, keys);
      await other.lifecycle.finishAbandoned(new Set([state.replica]));
      expect(other.records.keyRecordOf('key')?.value.intent).toBeDefined();
      await other.lifecycle.finishAbandoned(NOBODY);
      expect(other.records.keyRecordOf('key')?.value.intent).toBeUndefined();
      expect((await keys.administration.listKeys())[0]?.description.versions.size).toBe(2);
    },
  );

  it('another act is under way → conflict', async () => {
    const { keys, lifecycle } = await parts();
    keys.makeElsewhere('key');
    losingOnce(keys, 'rotate', 'before');
    await rotateKey(lifecycle, 'key', 'ann').catch(() => undefined);
    await expect(rotateKey(lifecycle, 'key', 'ann')).rejects.toMatchObject({ code: 'conflict' });
  });

  it('no such key → not-found, and no record of it', async () => {
    const { lifecycle, records } = await parts();
    await expect(rotateKey(lifecycle, 'key', 'ann')).rejects.toMatchObject({ code: 'not-found' });
    expect(records.documentOf('key')).toBeUndefined();
  });
});

describe('disableKey and enableKey', () => {
  it('in force on both replicas, at the key manager too, and back', async () => {
    const { memory, keys, lifecycle, records } = await parts();
    keys.makeElsewhere('key');
    await disableKey(lifecycle, 'key', 'ann');
    expect(records.keyOf('key').state).toBe('Disabled');
    const other = await lifecycleReplica(memory, keys);
    expect(other.records.keyOf('key').state).toBe('Disabled');
    await enableKey(other.lifecycle, 'key', 'bob');
    expect(other.records.keyOf('key').state).toBe('Enabled');
    expect(keys.done).toEqual(['disable key', 'enable key']);
  });

  it('disabling, and the key manager cannot be asked → disabled here all the same', async () => {
    const { keys, lifecycle, records } = await parts();
    keys.makeElsewhere('key');
    losingOnce(keys, 'disable', 'before');
    await expect(disableKey(lifecycle, 'key', 'ann')).rejects.toMatchObject({ code: 'unfinished' });
    expect(records.keyOf('key').state).toBe('Disabled');
    await lifecycle.finishAbandoned(NOBODY);
    expect(keys.done).toEqual(['disable key']);
  });
});

describe('disabling a key whose last act is stuck', () => {
  it('a rotation → disabled at once, and the rotation is finished', async () => {
    const { keys, lifecycle, records } = await parts();
    keys.makeElsewhere('key');
    losingOnce(keys, 'rotate', 'before');
    await rotateKey(lifecycle, 'key', 'ann').catch(() => undefined);
    await disableKey(lifecycle, 'key', 'ann');
    expect(records.keyOf('key').state).toBe('Disabled');
    await lifecycle.finishAbandoned(NOBODY);
    expect(records.keyRecordOf('key')?.value).toMatchObject({ state: 'Disabled' });
    expect(keys.done).toEqual(['rotate key']);
  });

  it('an enabling → disabled at once, and stays so', async () => {
    const { keys, lifecycle, records } = await parts();
    keys.makeElsewhere('key');
    await disableKey(lifecycle, 'key', 'ann');
    losingOnce(keys, 'enable', 'before');
    await enableKey(lifecycle, 'key', 'ann').catch(() => undefined);
    await disableKey(lifecycle, 'key', 'ann');
    await lifecycle.finishAbandoned(NOBODY);
    expect(records.keyRecordOf('key')?.value).toMatchObject({ state: 'Disabled' });
    expect(keys.done).toEqual(['disable key', 'disable key']);
  });
});

it('disabled at a replica that has not heard of an enabling elsewhere → disabled, or a conflict', async () => {
  const memory = new MemoryState();
  const keys = new LivingKeys();
  Object.assign(keys.administration, { setKeyEnabled: undefined });
  keys.makeElsewhere('key');
  const one = await lifecycleReplica(memory, keys);
  await disableKey(one.lifecycle, 'key', 'ann');
  const other = await lifecycleReplica(memory, keys);
  await enableKey(one.lifecycle, 'key', 'ann');
  const isDisabled = await disableKey(other.lifecycle, 'key', 'bob').then(
    () => true,
    (error: unknown) => {
      expect(error).toMatchObject({ name: 'LifecycleError', code: 'conflict' });
      return false;
    },
  );
  const [stored] = await new MemoryStateStore(memory).list('external-keys');
  const state = isDisabled ? 'Disabled' : 'Enabled';
  expect(JSON.parse(stored?.contents ?? '')).toMatchObject({ state });
});

describe('acts in a state that does not allow them', () => {
  const ACTS = {
    rotate: (parts: Awaited<ReturnType<typeof lifecycleReplica>>) =>
      rotateKey(parts.lifecycle, 'key', 'ann'),
    enable: ({ lifecycle }) => enableKey(lifecycle, 'key', 'ann'),
    disable: ({ lifecycle }) => disableKey(lifecycle, 'key', 'ann'),
    update: ({ lifecycle }) => updateKey(lifecycle, 'key', { description: 'words' }),
    adopt: ({ lifecycle }) => adoptKey(lifecycle, 'key', 'ann'),
  } satisfies Record<
    string,
    (parts: Awaited<ReturnType<typeof lifecycleReplica>>) => Promise<unknown>
  >;
  const recorded = KEY_STATES.filter((state) => state !== 'Unavailable');
  const cases = recorded.flatMap((state) =>
    (Object.keys(ACTS) as (keyof typeof ACTS)[]).map((act) => [state, act] as const),
  );

  it.each(cases)('%s, %s → as the table of states says', async (state, act) => {
    const { keys, ...replica } = await parts();
    keys.makeElsewhere('key');
    await replica.records.put({ kind: 'key', externalKeyId: 'key', state, origin: 'found' }, 0);
    const outcome = await ACTS[act](replica).then(
      () => 'allowed',
      (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error),
    );
    expect(outcome).toBe(STATE_TABLE[state].acts.has(act) ? 'allowed' : 'invalid-state');
  });
});

it('replicas share the key manager and no state → acts are refused in words', async () => {
  const memory = new MemoryState();
  const keys = new LivingKeys();
  keys.makeElsewhere('key');
  const { lifecycle } = await lifecycleReplica(memory, keys, { actsAreSafe: false });
  await expect(rotateKey(lifecycle, 'key', 'ann')).rejects.toMatchObject({ code: 'unsupported' });
  await expect(disableKey(lifecycle, 'key', 'ann')).rejects.toThrow(/PostgreSQL/);
});
