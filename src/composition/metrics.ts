import type { OpenAuditTrail } from '../audit/trail/open-trail.js';
import { Metrics } from '../observability/metrics.js';
import type { Clock } from '../shared/clock.js';
import { SIGNATURE_FAILURES } from '../sigv4/failure.js';
import { XKS_ERROR_STATUS } from '../xks/errors.js';
import { getHealthStatus, KEY_OPERATIONS } from '../xks/operations/index.js';
import type { State } from '../state/state.js';
import type { Served } from './audit.js';
import { sampleEncryptionsLeft, sampleNodeStates } from './key-managers.js';
import { sampleCertificates, type ServingListener } from './listeners.js';
import { sampleStanding } from './state.js';

/** The parts of a server that its metrics look at. */
export interface MetricsPorts {
  readonly served: Served;
  readonly state: Pick<State, 'standing'>;
  readonly audit: OpenAuditTrail | undefined;
  readonly clock: Clock;
  /** Those that serve by now. */
  readonly listeners: () => readonly ServingListener[];
}

/** Makes the metrics of a server. */
export function createMetrics({ served, state, audit, clock, listeners }: MetricsPorts): Metrics {
  const { keyStores, keyManagers } = served;
  const sources = {
    nodeStates: () => sampleNodeStates(keyManagers, clock),
    encryptionsLeft: () => sampleEncryptionsLeft(keyManagers),
    certificates: () => sampleCertificates(listeners(), clock.now()),
    standing: () => sampleStanding(state),
    audit: () => audit?.sample(),
  };
  return new Metrics(sources, {
    keyStores: keyStores.keyStores.map(({ name }) => name),
    operations: [...KEY_OPERATIONS, getHealthStatus].map(({ name }) => name),
    errorNames: Object.keys(XKS_ERROR_STATUS),
    authenticationFailures: SIGNATURE_FAILURES,
  });
}
