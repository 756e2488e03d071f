import type { CountedRequest } from '../../key-stores/quotas/quotas.js';
import type { KeyOperation } from '../../xks/operation.js';
import type { ServedKeyStore } from '../context.js';
import { quotaExceeded } from '../throttled.js';

/**
 * Counts a request for its key store and its credential, before its body is parsed.
 * GetKeyMetadata is exempt: it costs little, and without it no KMS key can be made.
 *
 * @returns undefined where nothing counts it
 * @throws ThrottledError
 */
export function countRequest(
  { quotas }: ServedKeyStore,
  { isLimited }: KeyOperation,
  accessKeyId: string | undefined,
): CountedRequest | undefined {
  if (quotas === undefined || !isLimited) return undefined;
  const counted = quotas.request();
  const exceeded = counted.ofCredential(accessKeyId ?? '');
  if (exceeded !== undefined) throw quotaExceeded(exceeded);
  return counted;
}
