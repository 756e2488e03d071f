import type { DestroyRequest } from '../wire/messages.js';
import type { KeyObject } from './key-objects.js';
import { TokenFailure } from './token-failure.js';
import type { TokenSession } from './token-session.js';

/**
 * Destroys the objects whose names are exactly those of a key, or of one version, and reads back
 * that they are gone. Twins are destroyed together.
 *
 * @throws TokenFailure `unsupported` for an object that is no AES-256 key, before anything is
 *   destroyed; `unreachable` where the token may only seem to have no such object
 */
export function destroyKey(
  session: TokenSession,
  request: DestroyRequest,
): { readonly destroyed: number } {
  const { objects } = session;
  const found = objectsOf(session, request);
  const unfit = found.find(({ problem }) => problem !== undefined);
  if (unfit?.problem !== undefined) {
    throw new TokenFailure('unsupported', `${unfit.problem}, so it is not destroyed`);
  }
  for (const object of found) {
    objects.destroy(object);
    forget(session, object);
  }
  const left = objectsOf(session, request).length;
  // A token whose files are lost finds nothing, either.
  session.proveThatItFinds();
  if (left === 0) return { destroyed: found.length };
  throw new TokenFailure(
    'internal',
    `${left} objects of ${request.externalKeyId} were destroyed and are still there`,
  );
}

function objectsOf(
  { naming, objects }: TokenSession,
  { externalKeyId, version }: DestroyRequest,
): readonly KeyObject[] {
  const lookup =
    version === undefined
      ? naming.sharedLookupOf(externalKeyId)
      : naming.lookupOf({ externalKeyId, version });
  return objects.find(lookup).filter(({ label, id }) => {
    const named = naming.parse(label, id);
    const isOfVersion = version === undefined || named?.version === version;
    return named?.externalKeyId === externalKeyId && isOfVersion;
  });
}

function forget(session: TokenSession, { label, id }: KeyObject): void {
  const named = session.naming.parse(label, id);
  if (named !== undefined) session.forget(JSON.stringify(session.naming.lookupOf(named)));
}
