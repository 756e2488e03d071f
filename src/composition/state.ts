import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Configuration } from '../configuration/schema.js';
import { removeTemporaryFiles, writeFileAtomically } from '../durable/atomic-write.js';
import { assertPrivateFolder, makePrivateFolder } from '../durable/private.js';
import type { Logger } from '../observability/logger.js';
import type { StandingSample } from '../observability/state-gauges.js';
import { masterKeyFrom } from '../sealing/master-key.js';
import { REPLICA_FOLDER, type StateConfig } from '../state/config.js';
import { Confirmations, type ConfirmationsPorts } from '../state/confirmations.js';
import type { CopyTerms } from '../state/copy/copy-ports.js';
import { StateCopy } from '../state/copy/state-copy.js';
import { openFilesStateStore } from '../state/files/open-files-store.js';
import { type State, STANDINGS } from '../state/state.js';
import type { StateStore } from '../state/store.js';
import type { Clock } from '../shared/clock.js';
import { HOUR_MS } from '../shared/durations.js';
import { ifThere } from '../shared/errno.js';
import type { RandomBytes } from '../shared/randomness.js';
import type { FirstStart } from './first-start.js';
import { VERSION } from './version.js';

/** The parts that the state is handed. */
export interface StatePorts {
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly log: Logger;
  readonly firstStart: Pick<FirstStart, 'state' | 'acceptsLostState'>;
}

/** The part of the configuration that says where the state is. */
type StatePart = Pick<Configuration, 'state' | 'stateDirectory'>;

/**
 * Opens the state store that the configuration names, and this replica's copy of it.
 *
 * @throws StateError, NotPrivateError, FolderInUseError, or the file system's error
 */
export async function openState(
  { state: config, stateDirectory, audit }: StatePart & Pick<Configuration, 'audit'>,
  ports: StatePorts,
): Promise<StateCopy> {
  const { firstStart } = ports;
  const copyPorts = copyPortsOf({ state: config, stateDirectory }, ports);
  // A last copy that a crash left half written may hold keys that are destroyed since. The lock of
  // the audit log, which is opened before, keeps other processes away from the folder.
  await ifThere(removeTemporaryFiles(copyPorts.directory));
  if (config.type === 'postgres') {
    await makePrivateFolder(copyPorts.directory);
    await assertPrivateFolder(copyPorts.directory);
  }
  return StateCopy.open({
    ...copyPorts,
    replicaName: audit?.replica ?? hostname(),
    acceptsNewStore: firstStart.acceptsLostState,
  });
}

/**
 * Makes what says on which replicas a change of the state is in force.
 *
 * @param replica the name of this one for people, where it is configured
 */
export function newConfirmations(
  replica: string | undefined,
  ports: Omit<ConfirmationsPorts, 'replicaName'>,
): Confirmations {
  return new Confirmations({ ...ports, replicaName: replica ?? hostname() });
}

/**
 * Opens the state to look at it: no store is begun, no lease is taken and nothing is written.
 *
 * @throws as {@link openState}
 */
export function readState(
  configuration: StatePart,
  ports: Omit<StatePorts, 'firstStart'>,
): Promise<StateCopy> {
  const firstStart = { state: false, acceptsLostState: false };
  return StateCopy.open({
    ...copyPortsOf(configuration, { ...ports, firstStart }),
    replicaName: hostname(),
    readOnly: true,
    acceptsNewStore: false,
  });
}

function copyPortsOf({ state: config, stateDirectory }: StatePart, ports: StatePorts) {
  const { clock, randomBytes, log } = ports;
  return {
    clock,
    randomBytes,
    log,
    open: () => openStateStore(config, ports),
    directory: join(stateDirectory, REPLICA_FOLDER),
    writeFile: writeFileAtomically,
    version: VERSION,
    terms: termsOf(config, randomBytes),
  };
}

/** The standing of this replica towards the state store, for metrics. */
export function sampleStanding({ standing }: Pick<State, 'standing'>): StandingSample {
  const { kind, applied: revision, ageMs, problems, leftAside } = standing;
  const counts = { problems: problems.length, leftAside: leftAside.length };
  return { kind, kinds: STANDINGS, revision, ageSeconds: ageMs / 1000, ...counts };
}

async function openStateStore(
  config: StateConfig,
  { clock, randomBytes, log, firstStart }: StatePorts,
): Promise<StateStore> {
  const { state: mayBegin, acceptsLostState: acceptsLoss } = firstStart;
  if (config.type === 'postgres') {
    // Most servers have no database, and need not load its client.
    const { openPostgresStore } = await import('../state/postgres/open.js');
    return openPostgresStore(config, { clock, randomBytes, mayBegin });
  }
  const { directory } = config;
  return openFilesStateStore({ directory, clock, randomBytes, log, init: mayBegin, acceptsLoss });
}

/** A store that is not shared is always there. */
function termsOf(config: StateConfig, randomBytes: RandomBytes): CopyTerms {
  if (config.type === 'files') return { maxStalenessMs: Infinity, whenAlone: 'continue' };
  const { withoutStore, maxStalenessHours, whenAlone } = config;
  return {
    lastCopyKey: withoutStore && masterKeyFrom(withoutStore.masterKey, randomBytes),
    maxStalenessMs: maxStalenessHours * HOUR_MS,
    whenAlone,
  };
}
