import {
  type KeyDescription,
  KeyManagerError,
  type KeyManagerErrorCode,
} from '../../key-managers/backend.js';
import { XksError, type XksErrorName } from '../../xks/errors.js';
import { FOREIGN_MATERIAL } from '../../xks/operated-key.js';
import type { FoundKey } from '../context.js';
import { assertUnblocked, BlockedError } from './admit.js';
import { checkStateAndUsage } from './check-state-and-usage.js';
import { execute } from './execute.js';
import type { AskedFor } from './find-key.js';

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

/**
 * Checks state and usage and runs the operation, on the key as it is remembered. A memory never
 * says no: where the key's state, usage or versions speak against the request, or the key manager
 * contradicts them, the key is read anew and the request runs once more, within its deadline.
 *
 * @returns the answer's body
 * @throws XksError or KeyManagerError
 */
export async function operate(found: FoundKey, asked: AskedFor): Promise<object> {
  const { keyStore, description, standing, execution } = found;
  // A key that is not enabled by its record stays so, whatever its key manager says.
  if (standing.state !== 'Enabled') return attempt(found, asked);
  try {
    const answer = await attempt(found, asked);
    if (!asked.operation.onDisabledKey || isUnlimited(description)) return answer;
  } catch (error) {
    if (!mayRestOnMemory(error)) throw error;
  }
  const { externalKeyId } = description;
  const anew = await keyStore.keyManager.describeKeyAnew(externalKeyId, execution);
  return attempt({ ...found, description: anew }, asked);
}

function attempt(found: FoundKey, asked: AskedFor): Promise<object> {
  const { operation, request } = asked;
  const { description, standing, execution } = found;
  // Once more, just before the key is used: it may have been blocked since the request came in.
  const block = assertUnblocked(asked, execution.targetKeyId);
  checkStateAndUsage(operation, request, description);
  if (block === undefined) return execute(request, found);
  return execute(request, { ...found, standing: { ...standing, state: 'Disabled' } });
}

/**
 * Tells whether GetKeyMetadata has nothing but good news of a key: anything else keeps KMS from
 * using it.
 */
function isUnlimited({ enabled, usage }: KeyDescription): boolean {
  return enabled && usage.has('ENCRYPT') && usage.has('DECRYPT');
}

function mayRestOnMemory(error: unknown): boolean {
  if (error instanceof BlockedError) return false;
  if (error instanceof KeyManagerError) return CONTRADICTIONS.has(error.code);
  if (!(error instanceof XksError)) return false;
  return OF_THE_DESCRIPTION.has(error.errorName) || error.reason === FOREIGN_MATERIAL;
}
