import { describe, expect, it } from 'vitest';
import { createKey } from '../../../src/external-keys/lifecycle/create-key.js';
import { disableKey } from '../../../src/external-keys/lifecycle/set-key-enabled.js';
import { documentIdOf, type KeyRecord } from '../../../src/external-keys/record.js';
import { longDeadline } from '../../support/key-folder.js';
import { lifecycleReplica } from '../../support/lifecycle.js';
import { LivingKeys } from '../../support/living-keys.js';
import { MemoryState, MemoryStateStore } from '../../support/memory-state-store.js';

const WANTED = {
  externalKeyId: 'payroll',
  usage: new Set(['ENCRYPT', 'DECRYPT'] as const),
  origin: 'generated',
} as const;

async function disabledKey() {
  const memory = new MemoryState();
  const keys = new LivingKeys();
  const here = await lifecycleReplica(memory, keys);
  await createKey(here.lifecycle, WANTED, 'ann');
  const recorded = await disableKey(here.lifecycle, 'payroll', 'ann');
  const other = await lifecycleReplica(memory, keys);
  const name = { collection: 'external-keys', id: documentIdOf(keys.name, 'payroll') };
  const thief = new MemoryStateStore(memory);
  const write = async (record: KeyRecord | undefined) => {
    const { revision = 0 } = (await thief.get(name)) ?? {};
    const contents = record && JSON.stringify(record);
    await thief.put({ ...name, format: 1, contents, replaces: revision });
  };
  const stateThere = () => other.records.keyOf('payroll').state;
  const refresh = () => other.state.refresh(longDeadline());
  return { ...recorded, write, stateThere, refresh };
}

describe('a record that somebody writes into the store', () => {
  it('a tombstone of a key that is disabled → running replicas do not use the key', async () => {
    const { write, stateThere } = await disabledKey();
    await write(undefined);
    await expect.poll(stateThere).toBe('Unavailable');
  });

  it.each([
    ['another state', (value: KeyRecord): KeyRecord => ({ ...value, state: 'Enabled' })],
    ['a tombstone', () => undefined],
  ])('of a key that is Destroyed, %s → it stays Destroyed', async (_, change) => {
    const { value, write, stateThere, refresh } = await disabledKey();
    await write({ ...value, state: 'Destroyed' });
    await expect.poll(stateThere).toBe('Destroyed');
    for (let again = 0; again < 2; again += 1) await write(change(value));
    await refresh();
    expect(stateThere()).toBe('Destroyed');
  });
});
