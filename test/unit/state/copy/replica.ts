import { randomBytes } from 'node:crypto';
import { expect, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { writeFileAtomically } from '../../../../src/durable/atomic-write.js';
import { type Clock, systemClock } from '../../../../src/shared/clock.js';
import { Deadline } from '../../../../src/shared/deadline.js';
import type { CollectionDefinition } from '../../../../src/state/collection.js';
import type { CopyPorts, CopyTerms } from '../../../../src/state/copy/copy-ports.js';
import { StateCopy } from '../../../../src/state/copy/state-copy.js';
import { StateError, type StateErrorCode } from '../../../../src/state/errors.js';
import type { StateStore } from '../../../../src/state/store.js';
import { captureLog } from '../../../support/log-lines.js';
import type { MemoryState } from '../../../support/memory-state-store.js';
import { MemoryStateStore } from '../../../support/memory-state-store.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

/** A collection of the simplest documents. */
export const notes: CollectionDefinition<{ text: string }> = {
  name: 'notes',
  newest: { number: 1, schema: z.strictObject({ text: z.string() }) },
};

/** The terms of a replica that goes on alone. */
export const TERMS: CopyTerms = { maxStalenessMs: 3_600_000, whenAlone: 'continue' };

interface ReplicaSettings {
  readonly directory?: string;
  readonly terms?: CopyTerms;
  readonly clock?: Clock;
  readonly acceptsNewStore?: boolean;
  readonly open?: () => Promise<StateStore>;
}

/** A replica on a state in memory; it is closed when the test ends. */
export async function replicaOn(state: MemoryState, settings: ReplicaSettings = {}) {
  const store = new MemoryStateStore(state);
  const directory = settings.directory ?? temporaryFolder();
  const log = captureLog();
  const ports: CopyPorts = {
    clock: systemClock,
    randomBytes,
    log: log.logger,
    open: () => Promise.resolve(store),
    directory,
    writeFile: writeFileAtomically,
    replicaName: 'replica',
    version: '0.2.0',
    terms: TERMS,
    acceptsNewStore: false,
    ...settings,
  };
  const copy = await StateCopy.open(ports);
  onTestFinished(() => copy.close());
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

/** Lets a store go away. @returns brings it back */
export function fail(store: MemoryStateStore): () => void {
  const away = () => Promise.reject(new StateError('unavailable', 'no server answers'));
  const spies = (['changesSince', 'put', 'drawBlock', 'renewLease', 'endLease'] as const).map(
    (method) => vi.spyOn(store, method).mockImplementation(away),
  );
  return () => {
    for (const spy of spies) spy.mockRestore();
  };
}
