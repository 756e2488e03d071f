import { XksError } from '../../xks/errors.js';
import { parseTarget } from '../../xks/paths.js';
import type { PipelineServices, Received, Routed } from '../context.js';
import { MethodNotAllowedError } from '../failure.js';

/**
 * Path prefix → key store.
 *
 * @throws XksError InvalidUriPathException
 * @throws MethodNotAllowedError for anything but POST on a path of the API
 * @see XKS Proxy API, section API operations
 */
export function route(services: PipelineServices, received: Received): Routed {
  const target = parseTarget(received.call.target);
  const keyStore = target === undefined ? undefined : services.keyStores.get(target.pathPrefix);
  if (target === undefined || keyStore === undefined) {
    throw new XksError('InvalidUriPathException', 'The URI path is not valid.');
  }
  received.record.keyStore = keyStore.name;
  received.record.operation = target.operation.name;
  if (target.about === 'key') received.record.externalKeyId = target.externalKeyId;
  if (received.call.method !== 'POST') throw new MethodNotAllowedError();
  return { ...received, target, keyStore };
}
