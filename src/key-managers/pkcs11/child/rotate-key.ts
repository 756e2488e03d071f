import type { KeyReply, RotateReply, RotateRequest } from '../wire/messages.js';
import { createKey } from './create-key.js';
import { describeKey, versionReply } from './describe.js';
import { TokenFailure } from './token-failure.js';
import type { TokenSession } from './token-session.js';

/**
 * Generates the version after `from`, or lets the one that waits there encrypt. Where there is one
 * that encrypts, it does nothing: two objects of one version would disable the key.
 *
 * It is asked for where the objects' names have a version.
 *
 * @throws TokenFailure `conflict` where another process does the same, or `from` is not there yet
 */
export function rotateKey(
  session: TokenSession,
  { externalKeyId, from }: RotateRequest,
): RotateReply {
  const key = describeKey(session, externalKeyId);
  const newest = Math.max(...key.versions.map(({ version }) => version));
  if (newest > from) return { key: letEncrypt(session, key, from) };
  if (newest < from) {
    throw new TokenFailure('conflict', `${externalKeyId} has no version ${from} in the token`);
  }
  const usage = key.versions.find(({ version }) => version === from)?.usage ?? [];
  const made = { externalKeyId, version: from + 1 };
  const object = createKey(session, { ...made, usage });
  // Not described anew: the parent finds out whether another process has made the same.
  const version = versionReply(made.version, session.naming.lookupOf(made), object);
  return { key: { ...key, versions: [...key.versions, version] }, made: made.version };
}

/** Lets the newest version encrypt where only `from` and older ones do. */
function letEncrypt(session: TokenSession, key: KeyReply, from: number): KeyReply {
  const { naming, objects } = session;
  const { externalKeyId, versions } = key;
  const encrypts = versions.filter(({ usage }) => usage.includes('ENCRYPT'));
  const current = Math.max(0, ...encrypts.map(({ version }) => version));
  if (current === 0 || current > from) return key;
  const waiting = Math.max(...versions.map(({ version }) => version));
  const object = objects.findOne(naming.lookupOf({ externalKeyId, version: waiting }));
  if (object === undefined) return key;
  objects.allowEncryption(object);
  return describeKey(session, externalKeyId);
}
