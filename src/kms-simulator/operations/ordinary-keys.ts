import { KmsException } from '../exceptions.js';
import type { KeyRecord } from '../keys/records.js';
import type { Kms, Request } from './operation.js';

/**
 * Resolves a key for an operation on its rotation, which keys of external key stores do not have.
 *
 * @throws KmsException
 */
export async function resolveOrdinary(
  keyName: string,
  request: Request,
  { keys }: Kms,
  { need }: { readonly need: 'rotate' | 'change' | 'look' },
): Promise<KeyRecord> {
  const seen = await keys.resolve(keyName, { ...request, need: 'look' });
  if (seen.external !== undefined) {
    throw new KmsException(
      'UnsupportedOperationException',
      `${keys.arnOf(seen)} origin is EXTERNAL_KEY_STORE which is not valid for this operation.`,
    );
  }
  return keys.resolve(keyName, { call: request.call, used: [], need });
}
