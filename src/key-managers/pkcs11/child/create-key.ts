import { randomUUID } from 'node:crypto';
import type { KeyUsage } from '../../backend.js';
import type { KeyLookup } from '../key-naming.js';
import type { DiscardRequest } from '../wire/messages.js';
import type { KeyObject, NamedKeyObject } from './key-objects.js';
import { TokenFailure } from './token-failure.js';
import type { TokenSession } from './token-session.js';

/** The key to create. */
export interface WantedKey {
  readonly externalKeyId: string;
  /** CKA_LABEL and CKA_ID of its object. */
  readonly lookup: KeyLookup;
  readonly usage: readonly KeyUsage[];
}

/**
 * Creates a key and never replaces another one.
 *
 * Some tokens replace a key when another is created with the same CKA_ID, even by another process
 * at the same time. There the key is created with a random CKA_ID and gets its own once it is the
 * only key of its name. On any token, a process that finds two keys of one name after creating one
 * removes its own. Two processes may both do so; then both report a conflict and no key is left.
 *
 * @throws TokenFailure `conflict` where the external key id, in any case of letters, or the CKA_ID
 *   is taken
 */
export function createKey(session: TokenSession, wanted: WantedKey): NamedKeyObject {
  const { objects, profile } = session;
  assertFree(session, wanted);
  const { lookup, usage } = wanted;
  const takesPlace = profile.sharedIds === 'replaced' && lookup.id !== undefined;
  const key = objects.generate(takesPlace ? { ...lookup, id: randomUUID() } : lookup, usage);
  try {
    assertFree(session, wanted, key);
    if (takesPlace) objects.setId(key, lookup.id);
  } catch (error) {
    objects.destroy(key);
    throw error;
  }
  return key;
}

/**
 * Removes the objects that have this external key id and this material.
 *
 * @returns the number of objects removed
 */
export function discardKey(
  { naming, objects }: TokenSession,
  { externalKeyId, materialName }: DiscardRequest,
): { readonly discarded: number } {
  const found = objects
    .find({})
    .filter(({ label, id }) => naming.parse(label, id)?.externalKeyId === externalKeyId)
    .filter((each) => objects.withName(each).name.bytes.toString('hex') === materialName);
  for (const each of found) objects.destroy(each);
  return { discarded: found.length };
}

/** @param own the key that has just been created */
function assertFree(
  { naming, objects, profile }: TokenSession,
  { externalKeyId, lookup }: WantedKey,
  own?: KeyObject,
): void {
  const others = objects.find({}).filter(({ handle }) => own?.handle.equals(handle) !== true);
  const lowercased = externalKeyId.toLowerCase();
  const taken = others
    .map(({ label, id }) => naming.parse(label, id)?.externalKeyId)
    .find((each) => each?.toLowerCase() === lowercased);
  if (taken !== undefined) {
    throw new TokenFailure('conflict', `${externalKeyId} is taken by the key ${taken}`);
  }
  if (others.some(({ label }) => label === lookup.label)) {
    throw new TokenFailure('conflict', `another key with the label ${lookup.label} is there`);
  }
  if (profile.sharedIds === 'kept' || lookup.id === undefined) return;
  const withSameId = others.find(({ id }) => id === lookup.id);
  if (withSameId === undefined) return;
  throw new TokenFailure(
    'conflict',
    `the CKA_ID of ${externalKeyId} is that of the key with the label ${withSameId.label}, which this ` +
      'token may replace; have {externalKeyId} in `keyId`',
  );
}
