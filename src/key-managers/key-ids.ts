import { isExternalKeyId } from '../xks/external-key-id.js';
import { HEALTH_TEST_KEY_ID, KeyManagerError } from './backend.js';

/** Tells whether two external key ids are the same key's: ids that differ by case alone are. */
export function isSameId(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** @throws KeyManagerError `conflict` for an id that is among those that are taken */
export function assertIdFree(externalKeyId: string, takenIds: Iterable<string>): void {
  for (const taken of takenIds) {
    if (isSameId(taken, externalKeyId)) {
      throw new KeyManagerError('conflict', `${externalKeyId} is taken by the key ${taken}`);
    }
  }
}

/** @throws KeyManagerError `unsupported` for an id that no key can have, or no key of a user */
export function assertIsKeyOfUser(externalKeyId: string): void {
  if (!isExternalKeyId(externalKeyId)) {
    throw new KeyManagerError(
      'unsupported',
      'an external key id is 1 to 128 of A-Z, a-z, 0-9, ".", "_" and "-", and not "." or ".."',
    );
  }
  if (isSameId(externalKeyId, HEALTH_TEST_KEY_ID)) {
    throw new KeyManagerError('unsupported', `${externalKeyId} is kept for health checks`);
  }
}
