import { toConsoleExport } from '../../key-stores/console-export.js';
import { AdminError } from '../admin-error.js';
import type { AnswerOf, RequestOf } from '../contract/route.js';
import type { Routes } from '../contract/routes.js';
import { findKeyStore, type InForce } from '../in-force.js';
import { revealed } from './credentials.js';
import { validAccessKeyIds } from './shown-credentials.js';

/**
 * The file that the KMS console takes for a key store. The answer holds a secret.
 *
 * @throws AdminError `not-found` for the key store or the credential
 */
export async function exportKeyStore(
  inForce: InForce,
  { pathParameters, query }: RequestOf<Routes['exportKeyStore']>,
): Promise<AnswerOf<Routes['exportKeyStore']>> {
  const { name: keyStore, uriPath } = findKeyStore(inForce, pathParameters.keyStore);
  const ids = validAccessKeyIds(inForce, keyStore);
  const accessKeyId = query.accessKeyId ?? ids[0];
  if (accessKeyId !== undefined && ids.includes(accessKeyId)) {
    return toConsoleExport(uriPath, await revealed(inForce, { keyStore, accessKeyId }));
  }
  const has = ids.length === 0 ? 'none that is valid now' : ids.join(', ');
  throw new AdminError(
    'not-found',
    `Key store "${keyStore}" has no valid credential of that access key id. It has: ${has}.`,
  );
}
