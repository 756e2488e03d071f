import { randomUUID } from 'node:crypto';
import type { KeyUsage } from '../../backend.js';
import { isSameId } from '../../key-ids.js';
import type { KeyLookup } from '../key-naming.js';
import type { DiscardRequest } from '../wire/messages.js';
import type { KeyObject, NamedKeyObject } from './key-objects.js';
import { TokenFailure } from './token-failure.js';
import type { TokenSession } from './token-session.js';

/** Begins the CKA_ID of a key that has not got its own yet; the time follows. */
const NEW_ID = /^holdfast-new-(?<madeAt>\d+)-/;
/** Longer than any call takes: a key that still has no CKA_ID of its own was left by a crash. */
const LEFT_BEHIND_MS = 60_000;

/** The version of a key to make. */
export interface WantedVersion {
  readonly externalKeyId: string;
  readonly version: number;
  readonly usage: readonly KeyUsage[];
}

/**
 * Generates a version of a key and never replaces another one.
 *
 * @throws TokenFailure `conflict` as {@link placeKey}
 */
export function createKey(session: TokenSession, wanted: WantedVersion): NamedKeyObject {
  return placeKey(session, wanted, (lookup) => session.objects.generate(lookup, wanted.usage));
}

/**
 * Makes the object of a version and never replaces another one.
 *
 * Some tokens replace a key when another is created with the same CKA_ID, even by another process
 * at the same time. There the key is created with a random CKA_ID and gets its own once it is the
 * only key of its name. On any token, a process that finds two keys of one name after creating one
 * removes its own. Two processes may both do so; then both report a conflict and no key is left.
 *
 * @param make makes the object with these attributes
 * @throws TokenFailure `conflict` where the external key id, in any case of letters, or the CKA_ID
 *   is taken
 */
export function placeKey(
  session: TokenSession,
  wanted: WantedVersion,
  make: (lookup: KeyLookup) => NamedKeyObject,
): NamedKeyObject {
  const { objects, naming, profile } = session;
  const lookup = naming.lookupOf(wanted);
  if (profile.sharedIds === 'replaced') removeLeftBehind(session, lookup);
  assertFree(session, wanted);
  const takesPlace = profile.sharedIds === 'replaced' && lookup.id !== undefined;
  const key = make(takesPlace ? { ...lookup, id: newId() } : lookup);
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

function newId(): string {
  return `holdfast-new-${Date.now()}-${randomUUID()}`;
}

/** Removes what a process that was killed had made and not yet put in its place. */
function removeLeftBehind({ objects }: TokenSession, { label = '' }: KeyLookup): void {
  for (const object of objects.find({ label })) {
    const madeAt = NEW_ID.exec(object.id)?.groups?.['madeAt'];
    if (madeAt === undefined || Date.now() - Number(madeAt) < LEFT_BEHIND_MS) continue;
    objects.destroy(object);
  }
}

/** @param own the key that has just been created */
function assertFree(session: TokenSession, wanted: WantedVersion, own?: KeyObject): void {
  const lookup = session.naming.lookupOf(wanted);
  const others = session.objects
    .find({})
    .filter(({ handle }) => own?.handle.equals(handle) !== true);
  const strangers = others.filter((other) => !isSibling(session, wanted, other));
  const taken = strangers
    .map(({ label, id }) => session.naming.parse(label, id)?.externalKeyId)
    .find((each) => each !== undefined && isSameId(each, wanted.externalKeyId));
  if (taken !== undefined) throw takenBy(wanted, taken);
  if (strangers.some(({ label }) => label === lookup.label)) {
    throw new TokenFailure('conflict', `another key with the label ${lookup.label ?? ''} is there`);
  }
  assertIdFree(session, wanted, others);
}

/** Tells whether an object is another version of the key that gets one more. */
function isSibling(
  { naming }: TokenSession,
  { externalKeyId, version }: WantedVersion,
  { label, id }: KeyObject,
): boolean {
  const named = naming.parse(label, id);
  return version > 1 && named?.externalKeyId === externalKeyId && named.version !== version;
}

function assertIdFree(
  { naming, profile }: TokenSession,
  wanted: WantedVersion,
  others: readonly KeyObject[],
): void {
  const lookup = naming.lookupOf(wanted);
  if (profile.sharedIds === 'kept' || lookup.id === undefined) return;
  const withSameId = others.find(({ id }) => id === lookup.id);
  if (withSameId === undefined) return;
  throw new TokenFailure(
    'conflict',
    `the CKA_ID of ${wanted.externalKeyId} is that of the key with the label ${withSameId.label}, ` +
      'which this token may replace; have {externalKeyId} in `keyId`, and {version} where there is one',
  );
}

function takenBy({ externalKeyId, version }: WantedVersion, taken: string): TokenFailure {
  const what = version === 1 ? externalKeyId : `version ${version} of ${externalKeyId}`;
  return new TokenFailure('conflict', `${what} is taken by the key ${taken}`);
}
