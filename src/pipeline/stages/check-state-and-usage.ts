import { answerOf, type KeyState, STATE_TABLE } from '../../external-keys/states.js';
import { XksError } from '../../xks/errors.js';
import type { KeyDescription } from '../../key-managers/backend.js';
import type { KeyOperation, KeyRequest } from '../../xks/operation.js';

/**
 * Honours the state of a key.
 *
 * @throws XksError as the table of states has it
 * @see docs/key-lifecycle.md
 */
export function assertStateAllows({ name }: KeyOperation, state: KeyState): void {
  const answer = answerOf(state, name);
  if (answer === 'allowed') return;
  throw new XksError(answer, STATE_TABLE[state].refusal, { reason: `the key is ${state}` });
}

/**
 * Honours what the key manager says of the key.
 *
 * @throws XksError InvalidStateException or InvalidKeyUsageException
 * @see XKS Proxy API, section Error codes
 */
export function checkStateAndUsage(
  operation: KeyOperation,
  request: KeyRequest,
  key: KeyDescription,
): void {
  if (!key.enabled) assertStateAllows(operation, 'Disabled');
  const missing = request.requiredUsage.filter((usage) => !key.usage.has(usage));
  if (missing.length > 0) {
    throw new XksError(
      'InvalidKeyUsageException',
      `The external key does not support this operation: ${missing.join(' and ')} not allowed.`,
    );
  }
}
