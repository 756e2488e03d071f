import { HEALTH_TEST_KEY_ID } from '../../backend.js';
import type { KeyLookup } from '../key-naming.js';
import type { KeyReply, VersionReply } from '../wire/messages.js';
import { ambiguous, type KeyObject, type NamedKeyObject } from './key-objects.js';
import { TokenFailure } from './token-failure.js';
import type { TokenSession } from './token-session.js';

/** The objects of one external key id, by version. Two objects of one version are an error. */
type ObjectsByVersion = Map<number, KeyObject[]>;

/**
 * Describes a key with all its versions.
 *
 * @throws TokenFailure `key-not-found`, `misconfigured` for two objects of one version,
 *   `unsupported` for an object that is not an AES-256 key
 */
export function describeKey(session: TokenSession, externalKeyId: string): KeyReply {
  const objects = session.objects.find(session.naming.sharedLookupOf(externalKeyId));
  const versions = grouped(session, objects).get(externalKeyId);
  if (versions !== undefined) return keyReply(session, externalKeyId, versions);
  if (externalKeyId !== HEALTH_TEST_KEY_ID) session.proveThatItFinds();
  throw new TokenFailure('key-not-found', `the token has no key ${externalKeyId}`);
}

/** Lists the keys whose attributes match the templates; an unusable key has its `problem`. */
export function listKeys(session: TokenSession): KeyReply[] {
  return [...grouped(session, session.objects.find({}))].map(([externalKeyId, versions]) => {
    try {
      return keyReply(session, externalKeyId, versions);
    } catch (error) {
      if (!(error instanceof TokenFailure)) throw error;
      return { externalKeyId, versions: [], problem: error.message };
    }
  });
}

/** Describes one version for the parent. */
export function versionReply(
  version: number,
  lookup: KeyLookup,
  { name, usage, isLocal }: NamedKeyObject,
): VersionReply {
  return {
    version,
    lookup: JSON.stringify(lookup),
    materialName: name.bytes.toString('hex'),
    usage: [...usage],
    ...(isLocal === undefined ? {} : { isLocal }),
  };
}

function grouped(
  { naming }: TokenSession,
  objects: readonly KeyObject[],
): Map<string, ObjectsByVersion> {
  const keys = new Map<string, ObjectsByVersion>();
  for (const object of objects) {
    const named = naming.parse(object.label, object.id);
    if (named === undefined) continue;
    const versions = keys.get(named.externalKeyId) ?? new Map<number, KeyObject[]>();
    versions.set(named.version, [...(versions.get(named.version) ?? []), object]);
    keys.set(named.externalKeyId, versions);
  }
  return keys;
}

function keyReply(
  { naming, objects }: TokenSession,
  externalKeyId: string,
  versions: ObjectsByVersion,
): KeyReply {
  const replies = [...versions].map(([version, [object, ...others]]) => {
    const lookup = naming.lookupOf({ externalKeyId, version });
    if (object === undefined || others.length > 0) throw ambiguous(lookup, others.length + 1);
    if (object.problem !== undefined) throw new TokenFailure('unsupported', object.problem);
    return versionReply(version, lookup, objects.withName(object));
  });
  return { externalKeyId, versions: replies.sort((a, b) => a.version - b.version) };
}
