import { expect } from 'vitest';
import { z } from 'zod';
import { systemClock } from '../../../../src/shared/clock.js';
import { Deadline } from '../../../../src/shared/deadline.js';
import type { CollectionDefinition } from '../../../../src/state/collection.js';
import type { StateError, StateErrorCode } from '../../../../src/state/errors.js';
import { captureLog } from '../../../support/log-lines.js';
import { type MemoryState, MemoryStateStore } from '../../../support/memory-state-store.js';
import { type StateReplicaSettings, stateReplica } from '../../../support/state-replica.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

/** A collection of the simplest documents. */
export const notes: CollectionDefinition<{ text: string }> = {
  name: 'notes',
  newest: { number: 1, schema: z.strictObject({ text: z.string() }) },
};

type ReplicaSettings = Omit<StateReplicaSettings, 'store' | 'log'>;

/** A replica's copy of a state in memory; it is closed when the test ends. */
export async function copyOf(state: MemoryState, settings: ReplicaSettings = {}) {
  const store = new MemoryStateStore(state);
  const directory = settings.directory ?? temporaryFolder();
  const log = captureLog();
  const copy = await stateReplica(state, { store, log: log.logger, ...settings, directory });
  return { copy, store, directory, log };
}

/** A deadline that no test reaches. */
export const soon = () => Deadline.after(systemClock, 5_000);

/** Matches a failure of the state with this code. */
export const hasCode = (code: StateErrorCode): StateError =>
  expect.objectContaining({ code }) as StateError;

/** Lets a store forget everything after a revision, as a standby does that lagged. */
export function goBack(state: MemoryState, revision: number): void {
  state.tokens.length = revision + 1;
  for (const [key, document] of state.documents) {
    if (document.revision > revision) state.documents.delete(key);
  }
}
