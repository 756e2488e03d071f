import type { ParsedHealth, PipelineServices } from '../context.js';

/**
 * Answers GetHealthStatus from checks that are at most 60 s old.
 *
 * @returns the answer's body
 * @see XKS Proxy API, section GetHealthStatus
 */
export async function reportHealth(
  services: PipelineServices,
  { keyStore, request, deadline }: ParsedHealth,
): Promise<object> {
  const nodes = await keyStore.keyManager.health(deadline);
  return request.answer({
    proxyFleetSize: services.proxyFleetSize,
    proxyModel: services.proxyModel,
    keyManagerVendor: nodes[0]?.vendor ?? '',
    members: nodes.map(({ name, model, status }) => ({ id: name, model, healthStatus: status })),
  });
}
