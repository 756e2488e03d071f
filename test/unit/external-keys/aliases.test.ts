import { describe, expect, it } from 'vitest';
import {
  type AliasKeyStore,
  createAlias,
  deleteAlias,
  moveAlias,
} from '../../../src/external-keys/lifecycle/aliases.js';
import { lifecycleReplica } from '../../support/lifecycle.js';
import { LivingKeys } from '../../support/living-keys.js';
import { MemoryState } from '../../support/memory-state-store.js';

const STORE: AliasKeyStore = {
  name: 'production',
  namesMaterial: true,
  exposes: (id) => !id.startsWith('hidden'),
};

async function parts() {
  const memory = new MemoryState();
  const keys = new LivingKeys();
  for (const id of ['one', 'two', 'hidden']) keys.makeElsewhere(id);
  return { memory, keys, ...(await lifecycleReplica(memory, keys)) };
}

const codeOf = (code: string) => ({ name: 'LifecycleError', code });

describe('an alias', () => {
  it('made, moved, moved back → knows every key that it has pointed to, the latest first', async () => {
    const { lifecycle, records } = await parts();
    await createAlias(lifecycle, STORE, { alias: 'app', target: 'one' }, 'ann');
    expect(records.aliasOf('app')).toMatchObject({ enabled: true, targets: ['one'] });
    await moveAlias(lifecycle, STORE, { alias: 'app', target: 'two' }, 'ann');
    expect(records.aliasOf('app')?.targets).toEqual(['two', 'one']);
    await moveAlias(lifecycle, STORE, { alias: 'app', target: 'one' }, 'ann');
    expect(records.aliasOf('app')?.targets).toEqual(['one', 'two']);
    expect(records.aliasesOf('one')).toEqual(['app']);
    expect(records.aliasesOf('two')).toEqual([]);
    expect(records.formerAliasesOf('one')).toEqual([]);
    expect(records.formerAliasesOf('two')).toEqual(['app']);
  });

  it('deleted → one that has pointed to its target', async () => {
    const { lifecycle, records } = await parts();
    await createAlias(lifecycle, STORE, { alias: 'app', target: 'one' }, 'ann');
    await deleteAlias(lifecycle, 'app');
    expect(records.aliasesOf('one')).toEqual([]);
    expect(records.formerAliasesOf('one')).toEqual(['app']);
  });

  it('deleted → disabled, its name stays taken; made again → back with its past', async () => {
    const { lifecycle, records } = await parts();
    await createAlias(lifecycle, STORE, { alias: 'app', target: 'one' }, 'ann');
    await deleteAlias(lifecycle, 'app');
    expect(records.aliasOf('app')?.enabled).toBe(false);
    await expect(
      moveAlias(lifecycle, STORE, { alias: 'app', target: 'two' }, 'ann'),
    ).rejects.toMatchObject(codeOf('invalid-state'));
    await createAlias(lifecycle, STORE, { alias: 'app', target: 'two' }, 'ann');
    expect(records.aliasOf('app')).toMatchObject({ enabled: true, targets: ['two', 'one'] });
  });

  it.each([
    ['the name of a key', { alias: 'one', target: 'two' }, 'conflict'],
    ['the name of a key in another case', { alias: 'ONE', target: 'two' }, 'conflict'],
    ['a target that is not there', { alias: 'app', target: 'three' }, 'not-found'],
    ['a target that the key store does not expose', { alias: 'app', target: 'hidden' }, 'invalid'],
    ['a name that the key store does not expose', { alias: 'hidden2', target: 'one' }, 'invalid'],
    ['an alias as its target', { alias: 'app', target: 'other' }, 'conflict'],
  ])('%s → $2', async (_, wanted, code) => {
    const { lifecycle, records } = await parts();
    await createAlias(lifecycle, STORE, { alias: 'other', target: 'one' }, 'ann');
    await records.put({ kind: 'key', externalKeyId: 'one', state: 'Enabled', origin: 'found' }, 0);
    await expect(createAlias(lifecycle, STORE, wanted, 'ann')).rejects.toMatchObject(codeOf(code));
  });

  it.each(['Disabled', 'PendingImport'] as const)('to a key that is %s → made', async (state) => {
    const { lifecycle, records } = await parts();
    await records.put({ kind: 'key', externalKeyId: 'one', state, origin: 'found' }, 0);
    const made = await createAlias(lifecycle, STORE, { alias: 'app', target: 'one' }, 'ann');
    expect(made.value.targets).toEqual(['one']);
  });

  it.each(['PendingDeletion', 'Destroyed', 'Creating'] as const)(
    'to a key that is %s → invalid-state',
    async (state) => {
      const { lifecycle, records } = await parts();
      await records.put({ kind: 'key', externalKeyId: 'one', state, origin: 'found' }, 0);
      await expect(
        createAlias(lifecycle, STORE, { alias: 'app', target: 'one' }, 'ann'),
      ).rejects.toMatchObject(codeOf('invalid-state'));
    },
  );

  it('of a key store whose ciphertexts name nothing → cannot be moved', async () => {
    const { lifecycle } = await parts();
    const sample = { ...STORE, namesMaterial: false };
    await createAlias(lifecycle, sample, { alias: 'app', target: 'one' }, 'ann');
    await expect(
      moveAlias(lifecycle, sample, { alias: 'app', target: 'two' }, 'ann'),
    ).rejects.toMatchObject(codeOf('unsupported'));
  });

  it('of another key store → cannot be moved by this one', async () => {
    const { lifecycle } = await parts();
    await createAlias(lifecycle, STORE, { alias: 'app', target: 'one' }, 'ann');
    await expect(
      moveAlias(lifecycle, { ...STORE, name: 'test' }, { alias: 'app', target: 'two' }, 'ann'),
    ).rejects.toMatchObject(codeOf('conflict'));
  });

  it('moved by two replicas at once → one wins, the other says so', async () => {
    const { memory, keys, lifecycle } = await parts();
    await createAlias(lifecycle, STORE, { alias: 'app', target: 'one' }, 'ann');
    const other = await lifecycleReplica(memory, keys);
    const move = { alias: 'app', target: 'two' };
    const outcomes = await Promise.allSettled([
      moveAlias(lifecycle, STORE, move, 'ann'),
      moveAlias(other.lifecycle, STORE, move, 'bob'),
    ]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });
});
