import { randomBytes } from 'node:crypto';
import type { Configuration } from '../configuration/schema.js';
import { KeyManagerError } from '../key-managers/backend.js';
import type { Loggers } from '../observability/loggers.js';
import type { Metrics } from '../observability/metrics.js';
import type { PipelineServices } from '../pipeline/context.js';
import type { Clock } from '../shared/clock.js';
import type { Served } from './audit.js';
import { serveKeyStores } from './key-stores.js';
import { VERSION } from './version.js';

/** The parts that every listener's pipeline shares. */
export interface PipelinePorts extends Pick<PipelineServices, 'audit' | 'state'> {
  readonly clock: Clock;
  readonly loggers: Loggers;
  readonly metrics: Metrics;
}

/** Puts together what the pipeline of any listener works with. */
export function pipelineServices(
  { deadlineMs, proxyFleetSize }: Configuration,
  { keyStores, keyManagers }: Served,
  { clock, loggers, metrics, audit, state }: PipelinePorts,
): Omit<PipelineServices, 'maxBodyBytes'> {
  return {
    keyStores: serveKeyStores(keyStores, keyManagers, { clock, randomBytes }),
    clock,
    audit,
    state,
    deadlineMs,
    proxyFleetSize,
    proxyModel: `Holdfast ${VERSION}`,
    observe(request) {
      loggers.requests.write(request);
      metrics.recordRequest(request);
    },
    reportFailure(error, { kmsRequestId, keyStore, operation }) {
      const request = { kmsRequestId, keyStore, operation };
      const isDefect = !(error instanceof KeyManagerError);
      loggers.failures.report(error, request, { place: keyStore ?? 'no key store', isDefect });
    },
  };
}
