import { toConsoleExport } from '../../key-stores/console-export.js';
import { AdminError } from '../admin-error.js';
import type { AnswerOf, RequestOf } from '../contract/route.js';
import type { Routes } from '../contract/routes.js';
import { findKeyStore, type InForce } from '../in-force.js';

/**
 * The file that the KMS console takes for a key store. The answer holds a secret.
 *
 * @throws AdminError `not-found` for the key store or the credential
 */
export function exportKeyStore(
  inForce: InForce,
  { pathParameters, query }: RequestOf<Routes['exportKeyStore']>,
): AnswerOf<Routes['exportKeyStore']> {
  const keyStore = findKeyStore(inForce, pathParameters.keyStore);
  const exported = toConsoleExport(keyStore, query.accessKeyId);
  if (exported !== undefined) return exported;
  const ids = [...keyStore.credentials.keys()].join(', ');
  throw new AdminError(
    'not-found',
    `Key store "${keyStore.name}" has no credential of that access key id. It has: ${ids}.`,
  );
}
