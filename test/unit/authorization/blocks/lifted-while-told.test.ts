import { expect, it, vi } from 'vitest';
import type { Block } from '../../../../src/authorization/blocks/block.js';
import { Blocks } from '../../../../src/authorization/blocks/blocks.js';
import { systemClock } from '../../../../src/shared/clock.js';
import { Confirmations } from '../../../../src/state/confirmations.js';
import { StateError } from '../../../../src/state/errors.js';
import { deferred } from '../../../support/deferred.js';
import { captureLog } from '../../../support/log-lines.js';
import { MemoryState, MemoryStateStore } from '../../../support/memory-state-store.js';
import { stateReplica } from '../../../support/state-replica.js';
import { storeAway } from '../../../support/store-away.js';

function changed(blocked: boolean): Block {
  const subject = { kind: 'key-store', keyStore: 'payroll' } as const;
  return { subject, blocked, reason: 'incident', by: 'alice', at: '2026-11-28T12:00:00.000Z' };
}

/** A block that the store, which is back, has not yet. */
async function blockedWhileAway() {
  const store = new MemoryStateStore(new MemoryState());
  const state = await stateReplica(new MemoryState(), { store });
  const confirmations = new Confirmations({ state, clock: systemClock, replicaName: 'here' });
  const { logger: log } = captureLog();
  const ports = { state, clock: systemClock, log, confirmations, kept: undefined };
  const blocks = await Blocks.open(ports);
  const comeBack = storeAway(store);
  await blocks.change(changed(true));
  comeBack();
  return { blocks, store };
}

it.each([
  ['and the store has it lifted', false],
  ['and the store is away for that', true],
])(
  'a block is lifted while the store is told of it, %s → what was answered holds',
  async (_, isAway) => {
    const { blocks, store } = await blockedWhileAway();
    const put = store.put.bind(store);
    const late = deferred();
    const telling = vi.spyOn(store, 'put').mockImplementationOnce(async (change) => {
      await late.promise;
      return put(change);
    });
    const merged = blocks.merge();
    if (isAway) telling.mockRejectedValueOnce(new StateError('unavailable', 'no server answers'));
    const lifted = blocks.change(changed(false)).then(
      () => true,
      () => false,
    );
    if (isAway) await new Promise(setImmediate);
    else await lifted;
    late.resolve(undefined);
    const wasLifted = await lifted;
    await merged;
    const isBlocked = blocks.table.ofKeyStore('payroll') !== undefined;
    expect({ wasLifted, isBlocked }).toEqual({ wasLifted: !isAway, isBlocked: isAway });
  },
);
