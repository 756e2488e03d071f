import { randomBytes } from 'node:crypto';
import type { Configuration } from '../configuration/schema.js';
import type { Certificates } from '../external-keys/certificates.js';
import type { ExternalKeyRecords } from '../external-keys/external-key-records.js';
import { Lifecycle } from '../external-keys/lifecycle/lifecycle.js';
import type { ScheduleClock } from '../external-keys/schedules/schedule-clock.js';
import { backendOf } from '../key-managers/backends.js';
import type { KeyManager } from '../key-managers/key-manager.js';
import { whenSettled } from '../key-managers/when-settled.js';
import type { Tell } from '../notifications/events.js';
import type { Logger } from '../observability/logger.js';
import { invariant } from '../shared/assert.js';
import type { Clock } from '../shared/clock.js';
import type { State } from '../state/state.js';

/** The parts that the acts of every key manager share. */
export interface SharedLifecyclePorts {
  readonly records: ExternalKeyRecords;
  readonly state: Pick<
    State,
    'replica' | 'isShared' | 'isSettled' | 'onStanding' | 'isInStep' | 'standing'
  >;
  readonly clock: Clock;
  readonly log: Logger;
  readonly events: Tell;
  readonly running: Pick<ScheduleClock, 'ranMs'>;
  readonly certificates: Certificates;
}

/**
 * Makes the acts on the keys of every key manager.
 *
 * @returns by the name of the key manager
 */
export function lifecyclesOf(
  { keyManagers: configs, proxyFleetSize }: Pick<Configuration, 'keyManagers' | 'proxyFleetSize'>,
  keyManagers: ReadonlyMap<string, KeyManager>,
  { records, state, clock, log, events, running, certificates }: SharedLifecyclePorts,
): ReadonlyMap<string, Lifecycle> {
  const settled = (revision: number) => whenSettled(state, revision, clock);
  return new Map(
    configs.map((config) => {
      const { name } = config;
      const keyManager = keyManagers.get(name);
      invariant(keyManager !== undefined, 'every configured key manager is started');
      const { capabilities, ownsKeys } = backendOf(config);
      const lifecycle = new Lifecycle({
        ...{ keyManager, capabilities, ownsKeys, clock, randomBytes, events, settled },
        ...{ certificates, ranMs: () => running.ranMs },
        actsAreSafe: ownsKeys || state.isShared || proxyFleetSize === 1,
        records: records.of(name),
        state,
        replica: state.replica,
        log: log.child({ keyManager: name }),
      });
      return [name, lifecycle];
    }),
  );
}
