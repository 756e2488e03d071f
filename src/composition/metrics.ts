import type { OpenAuditTrail } from '../audit/trail/open-trail.js';
import type { Notifications } from '../notifications/open-notifications.js';
import { Metrics } from '../observability/metrics.js';
import type { MetricSources } from '../observability/state-gauges.js';
import type { Clock } from '../shared/clock.js';
import { THROTTLE_REASONS } from '../pipeline/throttled.js';
import { SIGNATURE_FAILURES } from '../sigv4/failure.js';
import { XKS_ERROR_STATUS } from '../xks/errors.js';
import { getHealthStatus, KEY_OPERATIONS } from '../xks/operations/index.js';
import type { State } from '../state/state.js';
import type { Served } from './audit.js';
import { sampleEncryptionsLeft, sampleNodeStates } from './key-managers.js';
import { sampleCertificates, type ServingListener } from './listeners.js';
import { sampleNotifications } from './notifications.js';
import type { PolicyEngine } from './policies.js';
import { sampleStanding } from './state.js';

/** The parts of a server that its metrics look at. */
export interface MetricsPorts {
  /** The key stores and key managers in force. */
  readonly served: () => Served;
  readonly state: Pick<State, 'standing'>;
  readonly audit: OpenAuditTrail | undefined;
  readonly notifications: Notifications;
  readonly policyEngine: Pick<PolicyEngine, 'sample'>;
  readonly clock: Clock;
  readonly reloads: MetricSources['reloads'];
  /** Those that serve by now. */
  readonly listeners: () => readonly ServingListener[];
}

/** Makes the metrics of a server. */
export function createMetrics(ports: MetricsPorts): Metrics {
  const { served, state, audit, policyEngine, notifications, clock, listeners, reloads } = ports;
  const sources = {
    nodeStates: () => sampleNodeStates(served().keyManagers, clock),
    encryptionsLeft: () => sampleEncryptionsLeft(served().keyManagers),
    certificates: () => sampleCertificates(listeners(), clock.now()),
    standing: () => sampleStanding(state),
    audit: () => audit?.sample(),
    notifications: () => sampleNotifications(notifications),
    reloads,
    policies: () => policyEngine.sample(),
  };
  return new Metrics(sources, {
    keyStores: served().keyStores.keyStores.map(({ name }) => name),
    operations: [...KEY_OPERATIONS, getHealthStatus].map(({ name }) => name),
    errorNames: Object.keys(XKS_ERROR_STATUS),
    authenticationFailures: SIGNATURE_FAILURES,
    throttleReasons: THROTTLE_REASONS,
  });
}
