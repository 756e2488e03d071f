import type { ImportMaterialRequest, KeyReply, WitnessMessage } from '../wire/messages.js';
import { decrypt } from './cipher.js';
import { placeKey } from './create-key.js';
import type { CryptokiHandle } from './cryptoki.js';
import { describeKey } from './describe.js';
import type { NamedKeyObject } from './key-objects.js';
import { TokenFailure } from './token-failure.js';
import type { TokenSession } from './token-session.js';
import { isRefusalOfBytes, notMaterial, unwrapped, type WrappedKey } from './unwrap.js';
import { findWrappingKey, proveThatItUnwraps } from './wrapping-keys.js';

/**
 * Unwraps material into a version, in the token. It is unwrapped once into a key of the session
 * that is looked at and thrown away, and again into its place: whatever ends this process in
 * between, no material is in place that was not looked at.
 *
 * @throws TokenFailure `rejected` for bytes that do not open to 32 bytes, `conflict` for other
 *   material than the witness's, or where the name is taken
 */
export function importMaterial(session: TokenSession, request: ImportMaterialRequest): KeyReply {
  const { naming, objects } = session;
  const { externalKeyId, version, usage } = request;
  if (objects.findOne(naming.lookupOf({ externalKeyId, version })) !== undefined) {
    return describeKey(session, externalKeyId);
  }
  if (version > 1) {
    assertVersioned(session, externalKeyId);
    assertNotGenerated(session, externalKeyId);
  }
  const unwrappingKey = findWrappingKey(session, request.wrappingKeyId);
  const material = { way: request.way, wrapped: Buffer.from(request.wrapped, 'base64') };
  const unwrap = (template: WrappedKey['template']) =>
    explained(session, unwrappingKey, { ...material, template });
  const tried = unwrap(objects.template({}, ['ENCRYPT', 'DECRYPT'], false));
  try {
    assertIsMaterial(session, tried, request.witness);
  } finally {
    session.cryptoki.destroy(session.handle, tried);
  }
  placeKey(session, { externalKeyId, version, usage }, (lookup) => {
    const handle = unwrap(objects.template(lookup, usage));
    return checked(session, handle);
  });
  return describeKey(session, externalKeyId);
}

/** @throws TokenFailure `conflict` where the token says that it has made the material itself */
function assertNotGenerated(session: TokenSession, externalKeyId: string): void {
  const { naming, objects } = session;
  const versions = objects
    .find(naming.sharedLookupOf(externalKeyId))
    .filter(({ label, id }) => naming.parse(label, id)?.externalKeyId === externalKeyId);
  if (versions.length === 0 || versions.some(({ isLocal }) => isLocal !== true)) return;
  throw new TokenFailure(
    'conflict',
    `${externalKeyId} has material that the token made; it takes none from elsewhere`,
  );
}

/** Unwraps, and tells bytes that are at fault from a token that is. */
function explained(
  session: TokenSession,
  unwrappingKey: CryptokiHandle,
  wrapped: WrappedKey,
): CryptokiHandle {
  try {
    return unwrapped(session, unwrappingKey, wrapped);
  } catch (error) {
    if (!isRefusalOfBytes(error)) throw error;
    proveThatItUnwraps(session, unwrappingKey, wrapped.way);
    throw notMaterial();
  }
}

function assertIsMaterial(
  session: TokenSession,
  handle: CryptokiHandle,
  witness: WitnessMessage | undefined,
): void {
  const key = assertIsAes256(session, handle);
  if (witness === undefined) return;
  const [iv, input, aad, plaintext] = [
    witness.iv,
    witness.sealed,
    witness.aad,
    witness.plaintext,
  ].map((text) => Buffer.from(text, 'base64')) as [Buffer, Buffer, Buffer, Buffer];
  const request = { lookup: Buffer.alloc(0), materialName: key.name.bytes, iv, aad, input };
  if (opened(session, key, request)?.equals(plaintext) === true) return;
  throw new TokenFailure(
    'conflict',
    'the material is not the one that this version had; nothing of it is kept',
  );
}

/** @returns undefined for a witness that this key does not open */
function opened(
  session: TokenSession,
  key: NamedKeyObject,
  request: Parameters<typeof decrypt>[2],
): Buffer | undefined {
  try {
    return decrypt(session, key, request);
  } catch (error) {
    const isOther =
      error instanceof TokenFailure &&
      (error.code === 'invalid-ciphertext' || error.code === 'rejected');
    if (isOther) return undefined;
    throw error;
  }
}

function assertIsAes256(session: TokenSession, handle: CryptokiHandle): NamedKeyObject {
  const { objects } = session;
  const key = objects.made(handle);
  if (key.problem !== undefined) throw notMaterial();
  if (!objects.neverLeaves(key)) {
    throw new TokenFailure('misconfigured', 'the token keeps imported keys so that they can leave');
  }
  return objects.withName(key);
}

/** The same for the object in its place, which is destroyed where it is not as it should be. */
function checked(session: TokenSession, handle: CryptokiHandle): NamedKeyObject {
  try {
    return assertIsAes256(session, handle);
  } catch (error) {
    session.cryptoki.destroy(session.handle, handle);
    throw error;
  }
}

/** @throws TokenFailure `unsupported` where every key has one version */
function assertVersioned({ naming }: TokenSession, externalKeyId: string): void {
  if (naming.isVersioned) return;
  throw new TokenFailure(
    'unsupported',
    `every key has one version, because neither keyLabel nor keyId has {version}, so ${externalKeyId} ` +
      'gets no other. Set keyId to a text such as "{externalKeyId}:{version}", make a key under that, ' +
      'and move the alias to it.',
  );
}
