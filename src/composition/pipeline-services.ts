import { KeyManagerError } from '../key-managers/backend.js';
import type { FailedAuthentications } from '../observability/failed-authentications.js';
import type { Loggers } from '../observability/loggers.js';
import type { Metrics } from '../observability/metrics.js';
import type { PipelineServices } from '../pipeline/context.js';
import type { Clock } from '../shared/clock.js';
import { VERSION } from './version.js';

/** The parts that every listener's pipeline shares. */
export interface PipelinePorts
  extends Pick<PipelineServices, 'audit' | 'blocks' | 'current' | 'events' | 'overload' | 'state'> {
  readonly clock: Clock;
  readonly loggers: Loggers;
  readonly metrics: Metrics;
  readonly failedAuthentications: FailedAuthentications;
}

/** Puts together what the pipeline of any listener works with. */
export function pipelineServices({
  clock,
  loggers,
  metrics,
  failedAuthentications,
  audit,
  blocks,
  current,
  overload,
  state,
  events,
}: PipelinePorts): Omit<PipelineServices, 'maxBodyBytes'> {
  return {
    current,
    clock,
    audit,
    blocks,
    overload,
    state,
    events,
    proxyModel: `Holdfast ${VERSION}`,
    observe(request) {
      loggers.requests.write(request);
      metrics.recordRequest(request);
      failedAuthentications.note(request);
    },
    reportFailure(error, { kmsRequestId, keyStore, operation }) {
      const request = { kmsRequestId, keyStore, operation };
      const isDefect = !(error instanceof KeyManagerError);
      loggers.failures.report(error, request, { place: keyStore ?? 'no key store', isDefect });
    },
  };
}
