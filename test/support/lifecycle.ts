import { randomBytes } from 'node:crypto';
import { Certificates, type StatementSigner } from '../../src/external-keys/certificates.js';
import { ExternalKeyRecords } from '../../src/external-keys/external-key-records.js';
import { type KeyRecords } from '../../src/external-keys/key-records.js';
import { Lifecycle } from '../../src/external-keys/lifecycle/lifecycle.js';
import type { LifecyclePorts } from '../../src/external-keys/lifecycle/lifecycle-ports.js';
import { CAPABILITY_NAMES, type Capabilities } from '../../src/key-managers/capabilities.js';
import { whenSettled } from '../../src/key-managers/when-settled.js';
import type { HoldfastEvent } from '../../src/notifications/events.js';
import type { StateCopy } from '../../src/state/copy/state-copy.js';
import type { LivingKeys } from './living-keys.js';
import { captureLog } from './log-lines.js';
import type { MemoryState } from './memory-state-store.js';
import { stateReplica } from './state-replica.js';

/** A replica that administers keys. */
export interface LifecycleReplica {
  readonly lifecycle: Lifecycle;
  readonly records: KeyRecords;
  readonly state: StateCopy;
  readonly events: readonly HoldfastEvent[];
}

/** The capabilities of a key manager that can do everything. */
export const ALL_CAPABILITIES: Capabilities = Object.fromEntries(
  CAPABILITY_NAMES.map((name) => [name, { can: true }]),
) as Capabilities;

/** The time at which tests of lives begin. */
export const BEGIN = Date.parse('2026-11-28T12:00:00Z');

/** The parts of a replica that a test wants to be different. */
export type ReplicaSettings = Partial<LifecyclePorts> & { readonly signer?: StatementSigner };

/** Makes a replica on a shared state and a shared key manager. */
export async function lifecycleReplica(
  memory: MemoryState,
  keyManager: LivingKeys,
  overrides: ReplicaSettings = {},
): Promise<LifecycleReplica> {
  return replicaOn(await stateReplica(memory), keyManager, overrides);
}

/** Makes a replica on its copy of the state, and on a key manager. */
export function replicaOn(
  state: StateCopy,
  keyManager: LifecyclePorts['keyManager'],
  { signer, ...overrides }: ReplicaSettings = {},
): LifecycleReplica {
  const clock = overrides.clock ?? { now: () => BEGIN, monotonic: () => performance.now() };
  const records = overrides.records ?? new ExternalKeyRecords(state, clock).of(keyManager.name);
  const events: HoldfastEvent[] = [];
  const lifecycle = new Lifecycle({
    keyManager,
    capabilities: ALL_CAPABILITIES,
    ownsKeys: false,
    actsAreSafe: true,
    records,
    state,
    replica: state.replica,
    clock,
    randomBytes,
    settled: (revision) => whenSettled(state, revision, clock),
    ranMs: () => 0,
    certificates: new Certificates(state, signer),
    log: captureLog().logger,
    events: { tell: (event) => events.push(event) },
    ...overrides,
  });
  return { lifecycle, records, state, events };
}
