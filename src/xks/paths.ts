import { EXTERNAL_KEY_ID } from './external-key-id.js';
import type { HealthOperation, KeyOperation } from './operation.js';
import { getHealthStatus, KEY_OPERATIONS } from './operations/index.js';

/** The last part of every `XksProxyUriPath` of version 1. */
export const URI_PATH_SUFFIX = '/kms/xks/v1';

/** The target of a request: a key, or the key store as a whole, by the operation that it names. */
export type XksTarget =
  | {
      readonly about: 'key-store';
      readonly pathPrefix: string;
      readonly operation: HealthOperation;
    }
  | {
      readonly about: 'key';
      readonly pathPrefix: string;
      readonly operation: KeyOperation;
      readonly externalKeyId: string;
    };

// The alphabets leave out `%`, `?` and `;`, so nothing is ever decoded and there is no query.
const TARGET = new RegExp(
  `^(?<pathPrefix>(?:/[A-Za-z0-9/_-]*)?)${URI_PATH_SUFFIX}` +
    `/(?:health|keys/(?<externalKeyId>${EXTERNAL_KEY_ID})/(?<suffix>[a-z]+))$`,
);

const operationsBySuffix = new Map(
  KEY_OPERATIONS.map((operation) => [operation.pathSuffix, operation]),
);

/**
 * Splits a request target. An empty prefix is written without or, as AWS's test client does,
 * with a slash of its own (`//kms/xks/v1/health`).
 *
 * @param target as received, in origin form
 * @returns `undefined` for what is no path of this API: another form, a query, an encoded or
 *   foreign character, an unknown operation
 * @see XKS Proxy API, section API operations
 */
export function parseTarget(target: string): XksTarget | undefined {
  const groups = TARGET.exec(target)?.groups;
  if (groups === undefined) return undefined;
  const { externalKeyId, suffix } = groups;
  const prefix = groups['pathPrefix'] ?? '';
  const pathPrefix = prefix === '/' ? '' : prefix;
  if (externalKeyId === undefined) {
    return { about: 'key-store', pathPrefix, operation: getHealthStatus };
  }
  const operation = operationsBySuffix.get(suffix ?? '');
  if (operation === undefined) return undefined;
  return { about: 'key', pathPrefix, operation, externalKeyId };
}
