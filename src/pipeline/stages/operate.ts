import {
  type KeyDescription,
  KeyManagerError,
  type KeyManagerErrorCode,
} from '../../key-managers/backend.js';
import { XksError, type XksErrorName } from '../../xks/errors.js';
import type { KeyOperation, KeyRequest } from '../../xks/operation.js';
import { FOREIGN_MATERIAL } from '../../xks/operated-key.js';
import type { ServedKeyStore } from '../context.js';
import type { Execution } from '../execution.js';
import { checkStateAndUsage } from './check-state-and-usage.js';
import { execute } from './execute.js';

/** Errors of a key manager when the key is not any more, or not yet, what is remembered of it. */
const CONTRADICTIONS: ReadonlySet<KeyManagerErrorCode> = new Set([
  'key-not-found',
  'version-not-found',
  'key-disabled',
  'usage-denied',
  'exhausted',
  // The version has given way to a new one while the request waited for its next block.
  'conflict',
]);

/** Errors that rest on what a description says. */
const OF_THE_DESCRIPTION: ReadonlySet<XksErrorName> = new Set([
  'InvalidStateException',
  'InvalidKeyUsageException',
]);

/** A request on a key, as far as it has come. */
export interface AskedFor {
  readonly operation: KeyOperation;
  readonly request: KeyRequest;
  readonly keyStore: ServedKeyStore;
  readonly execution: Execution;
}

/**
 * Checks state and usage and runs the operation, on the key as it is remembered. A memory never
 * says no: where the key's state, usage or versions speak against the request, or the key manager
 * contradicts them, the key is read anew and the request runs once more, within its deadline.
 *
 * @returns the answer's body
 * @throws XksError or KeyManagerError
 */
export async function operate(remembered: KeyDescription, asked: AskedFor): Promise<object> {
  const { operation, keyStore, execution } = asked;
  try {
    const answer = await attempt(remembered, asked);
    if (!operation.onDisabledKey || isUnlimited(remembered)) return answer;
  } catch (error) {
    if (!mayRestOnMemory(error)) throw error;
  }
  const { externalKeyId } = remembered;
  return attempt(await keyStore.keyManager.describeKeyAnew(externalKeyId, execution), asked);
}

function attempt(
  description: KeyDescription,
  { operation, request, keyStore, execution }: AskedFor,
): Promise<object> {
  checkStateAndUsage(operation, request, description);
  return execute(request, { keyStore, description, execution });
}

/**
 * Tells whether GetKeyMetadata has nothing but good news of a key: anything else keeps KMS from
 * using it.
 */
function isUnlimited({ enabled, usage }: KeyDescription): boolean {
  return enabled && usage.has('ENCRYPT') && usage.has('DECRYPT');
}

function mayRestOnMemory(error: unknown): boolean {
  if (error instanceof KeyManagerError) return CONTRADICTIONS.has(error.code);
  if (!(error instanceof XksError)) return false;
  return OF_THE_DESCRIPTION.has(error.errorName) || error.reason === FOREIGN_MATERIAL;
}
