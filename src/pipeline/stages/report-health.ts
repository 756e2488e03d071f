import type { Deadline } from '../../shared/deadline.js';
import type { HealthRequest } from '../../xks/operation.js';
import type { PipelineServices, ServedKeyStore } from '../context.js';

/**
 * Answers GetHealthStatus from checks that are at most 60 s old.
 *
 * @returns the answer's body
 * @see XKS Proxy API, section GetHealthStatus
 */
export async function reportHealth(
  services: PipelineServices,
  keyStore: ServedKeyStore,
  request: HealthRequest,
  deadline: Deadline,
): Promise<object> {
  const nodes = await keyStore.keyManager.health(deadline);
  return request.answer({
    proxyFleetSize: services.proxyFleetSize,
    proxyModel: services.proxyModel,
    keyManagerVendor: nodes[0]?.vendor ?? '',
    members: nodes.map(({ name, model, status }) => ({
      id: name,
      model,
      // No key can be used while nothing can be recorded.
      healthStatus: services.audit?.isRefusing === true ? 'UNAVAILABLE' : status,
    })),
  });
}
