import { XksError } from '../../xks/errors.js';
import type { KeyDescription } from '../../key-managers/backend.js';
import type { KeyOperation, KeyRequest } from '../../xks/operation.js';

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
  if (!key.enabled && !operation.onDisabledKey) {
    throw new XksError('InvalidStateException', 'The external key is disabled.');
  }
  const missing = request.requiredUsage.filter((usage) => !key.usage.has(usage));
  if (missing.length > 0) {
    throw new XksError(
      'InvalidKeyUsageException',
      `The external key does not support this operation: ${missing.join(' and ')} not allowed.`,
    );
  }
}
