import { describe, expect, it, vi } from 'vitest';
import type { KeyRef } from '../../../../src/key-managers/backend.js';
import { StateNames } from '../../../../src/key-managers/sealed/state/sealed-keys.js';
import { StateError } from '../../../../src/state/errors.js';
import { canaries } from '../../../support/canaries.js';
import { longDeadline, refusalOf } from '../../../support/key-folder.js';
import { MemoryState, MemoryStateStore } from '../../../support/memory-state-store.js';
import { SEALED, sealedReplica, type SealedReplica } from '../../../support/sealed-keys.js';
import { storeAway } from '../../../support/store-away.js';

const BOTH = new Set(['ENCRYPT', 'DECRYPT'] as const);
const names = new StateNames(SEALED);

async function currentRef({ node }: SealedReplica, externalKeyId: string): Promise<KeyRef> {
  const { current } = await node.describeKey(externalKeyId, longDeadline());
  if (current === undefined) throw new Error(`${externalKeyId} has no current version`);
  return { externalKeyId, version: current };
}

async function encrypt({ node }: SealedReplica, ref: KeyRef): Promise<void> {
  await node.encrypt(ref, canaries.plaintext, Buffer.alloc(0), longDeadline());
}

describe('a store that comes back', () => {
  /** The number of first blocks that a key's counter has handed out. */
  function drawnBlocks(memory: MemoryState, { version }: KeyRef): number {
    return (memory.counters.get(names.counter(version.materialName)) ?? 0) / 2 ** 16;
  }

  it('a key made just before it went away → has a block, before anybody uses it', async () => {
    const memory = new MemoryState();
    const store = new MemoryStateStore(memory);
    const here = await sealedReplica(memory, { store });
    const other = await sealedReplica(memory);
    // The key arrives, and its block does not.
    const away = () => Promise.reject(new StateError('unavailable', 'no server answers'));
    const draws = (['drawBlock', 'drawBlocks'] as const).map((method) =>
      vi.spyOn(store, method).mockImplementation(away),
    );
    await other.administration.createKey('payroll', BOTH);
    const ref = await currentRef(here, 'payroll');
    await expect.poll(() => draws[1]?.mock.calls.length).toBeGreaterThan(0);
    const comeBack = storeAway(store);
    await expect.poll(() => here.state.isInStep).toBe(false);
    expect(drawnBlocks(memory, ref)).toBe(1);
    comeBack();
    for (const draw of draws) draw.mockRestore();
    await expect.poll(() => drawnBlocks(memory, ref)).toBe(2);
    storeAway(store);
    await encrypt(here, ref);
  });

  it('a drawing alone failed, and the replica stayed in step → it is done again', async () => {
    const memory = new MemoryState();
    const store = new MemoryStateStore(memory);
    const here = await sealedReplica(memory, { store });
    const other = await sealedReplica(memory);
    vi.spyOn(store, 'drawBlocks').mockRejectedValueOnce(new StateError('unavailable', 'cut'));
    await other.administration.createKey('payroll', BOTH);
    const ref = await currentRef(here, 'payroll');
    await expect.poll(() => drawnBlocks(memory, ref), { timeout: 3_000 }).toBe(2);
  });

  it('a block used up meanwhile → the next one is there before it is asked for, health is well', async () => {
    const memory = new MemoryState();
    const store = new MemoryStateStore(memory);
    const here = await sealedReplica(memory, { store });
    await here.administration.createKey('payroll', BOTH);
    const ref = await currentRef(here, 'payroll');
    const comeBack = storeAway(store);
    let refusal: string | undefined;
    while (refusal === undefined) refusal = await refusalOf(async () => encrypt(here, ref));
    expect((await here.node.checkHealth(longDeadline())).status).toBe('DEGRADED');
    await expect.poll(() => here.state.isInStep).toBe(false);
    comeBack();
    await expect
      .poll(async () => (await here.node.checkHealth(longDeadline())).status, { timeout: 3_000 })
      .toBe('ACTIVE');
    storeAway(store);
    await encrypt(here, ref);
  });

  it('its counts unknown by then → a key that has no block gets a new version', async () => {
    const memory = new MemoryState();
    const store = new MemoryStateStore(memory);
    const here = await sealedReplica(memory, { store });
    const other = await sealedReplica(memory);
    vi.spyOn(store, 'drawBlocks').mockRejectedValueOnce(new StateError('unavailable', 'cut'));
    await other.administration.createKey('payroll', BOTH);
    const ref = await currentRef(here, 'payroll');
    await other.state.counters.forget(names.counter(ref.version.materialName));
    for (const replica of [here, other]) {
      await expect
        .poll(async () => (await currentRef(replica, 'payroll')).version.version, {
          timeout: 3_000,
        })
        .toBe(2);
    }
  });
});
