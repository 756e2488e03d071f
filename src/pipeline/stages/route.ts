import { XksError } from '../../xks/errors.js';
import { parseTarget } from '../../xks/paths.js';
import type { RequestRecord } from '../../observability/request-record.js';
import type { IncomingCall } from '../call.js';
import type { PipelineServices, Route } from '../context.js';
import { MethodNotAllowedError } from '../failure.js';

/** A path of the API has at most 128, a key id of 128 and the name of an operation. */
const MAX_LOGGED_CHARACTERS = 300;

/**
 * Path prefix → key store.
 *
 * @throws XksError InvalidUriPathException
 * @throws MethodNotAllowedError for anything but POST on a path of the API
 * @see XKS Proxy API, section API operations
 */
export function route(
  services: PipelineServices,
  call: IncomingCall,
  record: RequestRecord,
): Route {
  const target = parseTarget(call.target);
  const keyStore = target === undefined ? undefined : services.keyStores.get(target.pathPrefix);
  if (target === undefined || keyStore === undefined) {
    record.target = call.target.slice(0, MAX_LOGGED_CHARACTERS);
    throw new XksError('InvalidUriPathException', 'The URI path is not valid.');
  }
  record.keyStore = keyStore.name;
  record.operation = target.operation.name;
  if (target.about === 'key') record.externalKeyId = target.externalKeyId;
  if (call.method !== 'POST') throw new MethodNotAllowedError();
  return { keyStore, target };
}
