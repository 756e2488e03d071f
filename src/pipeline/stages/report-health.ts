import type { HealthStatus } from '../../key-managers/backend.js';
import type { Deadline } from '../../shared/deadline.js';
import type { HealthRequest } from '../../xks/operation.js';
import type { PipelineServices, ServedGeneration, ServedKeyStore } from '../context.js';

/** A request for the health of a key store. */
interface AskedHealth extends Pick<ServedGeneration, 'proxyFleetSize'> {
  readonly keyStore: ServedKeyStore;
  readonly request: HealthRequest;
}

/**
 * Answers GetHealthStatus from checks that are at most 60 s old.
 *
 * @returns the answer's body
 * @see XKS Proxy API, section GetHealthStatus
 */
export async function reportHealth(
  services: PipelineServices,
  { keyStore, request, proxyFleetSize }: AskedHealth,
  deadline: Deadline,
): Promise<object> {
  const nodes = await keyStore.keyManager.health(deadline);
  const worst = worstOf(services);
  return request.answer({
    proxyFleetSize,
    proxyModel: services.proxyModel,
    keyManagerVendor: nodes[0]?.vendor ?? '',
    members: nodes.map(({ name, model, status }) => ({
      id: name,
      model,
      healthStatus: worst === 'UNAVAILABLE' || status === 'ACTIVE' ? worst : status,
    })),
  });
}

/** The best status that a node can have, whatever its own health. */
function worstOf({ audit, state }: PipelineServices): HealthStatus {
  const { kind, problems } = state.standing;
  // No key can be used while nothing can be recorded, or what is known of keys is too old.
  if (audit?.isRefusing === true || kind === 'stale') return 'UNAVAILABLE';
  return problems.length > 0 ? 'DEGRADED' : 'ACTIVE';
}
