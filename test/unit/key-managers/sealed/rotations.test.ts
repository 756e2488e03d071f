import { describe, expect, it, vi } from 'vitest';
import type { KeyRef } from '../../../../src/key-managers/backend.js';
import { canaries } from '../../../support/canaries.js';
import { longDeadline } from '../../../support/key-folder.js';
import { MemoryState, MemoryStateStore } from '../../../support/memory-state-store.js';
import { sealedReplica, type SealedReplica } from '../../../support/sealed-keys.js';

const BOTH = new Set(['ENCRYPT', 'DECRYPT'] as const);
const AAD = Buffer.from('what it belongs to');

async function currentRef({ node }: SealedReplica, externalKeyId: string): Promise<KeyRef> {
  const { current } = await node.describeKey(externalKeyId, longDeadline());
  if (current === undefined) throw new Error(`${externalKeyId} has no current version`);
  return { externalKeyId, version: current };
}

/** Encrypts until half of the block is used, so that the next one is taken. */
async function useUp(replica: SealedReplica): Promise<void> {
  const ref = await currentRef(replica, 'payroll');
  for (let made = 0; made <= 2 ** 15; made += 1) {
    await replica.node.encrypt(ref, canaries.plaintext, AAD, longDeadline());
  }
}

describe('two replicas that rotate one after the other', () => {
  it('the second while the first still writes → neither version is lost', async () => {
    const memory = new MemoryState();
    const store = new MemoryStateStore(memory);
    const a = await sealedReplica(memory, { store });
    await a.administration.createKey('payroll', BOTH);
    const b = await sealedReplica(memory);
    const keyOf = ({ ring }: SealedReplica) => {
      const key = ring.find('payroll');
      if (key === undefined) throw new Error('payroll is not there');
      return key;
    };
    const put = store.put.bind(store);
    const spied = vi.fn(() => Promise.resolve());
    const spy = vi.spyOn(store, 'put').mockImplementation(async (change) => {
      const stored = await put(change);
      spy.mockRestore();
      await expect.poll(() => keyOf(b).description.versions.size).toBe(2);
      await expect.poll(() => keyOf(b).description.current?.version).toBe(2);
      memory.counters.clear();
      await b.state.refresh(longDeadline());
      await useUp(b);
      await expect.poll(() => keyOf(a).description.versions.size).toBe(3);
      await spied();
      return stored;
    });
    memory.counters.clear();
    await useUp(a);
    await expect.poll(() => keyOf(b).description.versions.size).toBe(3);
    await expect.poll(() => spied.mock.settledResults.length).toBe(1);
    await expect.poll(() => keyOf(a).isSettling).toBe(false);
    expect(keyOf(a).written.revision).toBe(keyOf(b).written.revision);
    const { versions } = keyOf(a).written.document.read();
    expect(versions.map(({ version }) => version)).toEqual([1, 2, 3]);
  });
});
