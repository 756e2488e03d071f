import type { StateConfig } from '../state/config.js';
import { openFilesStateStore } from '../state/files/open-files-store.js';
import { openPostgresStore } from '../state/postgres/open.js';
import type { StateStore } from '../state/store.js';
import type { Clock } from '../shared/clock.js';
import type { RandomBytes } from '../shared/randomness.js';
import type { FirstStart } from './first-start.js';

/** The parts that a state store is handed. */
export interface StateStorePorts {
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly firstStart: Pick<FirstStart, 'state' | 'acceptsLostState'>;
}

/**
 * Opens the state store that the configuration names.
 *
 * @throws StateError, NotPrivateError, FolderInUseError, or the file system's error
 */
export function openStateStore(
  config: StateConfig,
  { clock, randomBytes, firstStart }: StateStorePorts,
): Promise<StateStore> {
  const { state: mayBegin, acceptsLostState: acceptsLoss } = firstStart;
  if (config.type === 'postgres') {
    return openPostgresStore(config, { clock, randomBytes, mayBegin });
  }
  const { directory } = config;
  return openFilesStateStore({ directory, clock, randomBytes, init: mayBegin, acceptsLoss });
}
