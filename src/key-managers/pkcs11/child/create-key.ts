import { randomUUID } from 'node:crypto';
import type { KeyUsage } from '../../backend.js';
import type { KeyLookup } from '../key-naming.js';
import type { DiscardRequest } from '../wire/messages.js';
import type { KeyObject, NamedKeyObject } from './key-objects.js';
import { TokenFailure } from './token-failure.js';
import type { TokenSession } from './token-session.js';

/** The key that is wanted. */
export interface WantedKey {
  readonly externalKeyId: string;
  /** Attributes of its object. */
  readonly lookup: KeyLookup;
  readonly usage: readonly KeyUsage[];
}

/**
 * Makes a key that takes no other one's place.
 *
 * A token that replaces a key of the same CKA_ID would do so for another process that makes the
 * same key at the same time, too. There the key is made under a CKA_ID that nobody has, and is
 * given its own when it turns out to be the only one of its name. On any token, whoever finds two
 * of one name after making one removes its own: both may, and then neither has said that there is a
 * key.
 *
 * @throws TokenFailure `conflict` for an external key id, of whatever case, or a CKA_ID that is
 *   taken
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
 * Removes the key of this id and this material, and no other of its name.
 *
 * @returns how many objects that were
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

/** @param own the one that has just been made */
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
