import { XksError } from '../../xks/errors.js';
import { parseTarget, type XksTarget } from '../../xks/paths.js';
import type { IncomingCall } from '../call.js';
import type { ServedGeneration, ServedKeyStore } from '../context.js';
import type { StageFinding, RouteFacts } from '../facts.js';
import { MethodNotAllowedError } from '../failure.js';

/** A path of the API has at most 128, a key id of 128 and the name of an operation. */
const MAX_TOLD_CHARACTERS = 300;

/** The destination of a request: a key store, and the operation or key in it. */
export interface Route {
  readonly keyStore: ServedKeyStore;
  readonly target: XksTarget;
}

/**
 * Path prefix → key store. The refusal is an InvalidUriPathException, or a MethodNotAllowedError
 * for anything but POST on a path of the API.
 *
 * @see XKS Proxy API, section API operations
 */
export function route(
  generation: ServedGeneration,
  call: IncomingCall,
): StageFinding<RouteFacts, Route> {
  const target = parseTarget(call.target);
  const keyStore = target === undefined ? undefined : generation.keyStores.get(target.pathPrefix);
  if (target === undefined || keyStore === undefined) {
    const refusal = new XksError('InvalidUriPathException', 'The URI path is not valid.');
    return { facts: unknownPath(call.target), refusal };
  }
  const facts = {
    keyStore: keyStore.name,
    operation: target.operation.name,
    externalKeyId: target.about === 'key' ? target.externalKeyId : undefined,
    target: undefined,
  };
  if (call.method !== 'POST') return { facts, refusal: new MethodNotAllowedError() };
  return { facts, refusal: undefined, keyStore, target };
}

function unknownPath(path: string): RouteFacts {
  return {
    keyStore: undefined,
    operation: undefined,
    externalKeyId: undefined,
    target: path.slice(0, MAX_TOLD_CHARACTERS),
  };
}
