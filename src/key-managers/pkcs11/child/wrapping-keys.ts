import {
  constants,
  createCipheriv,
  createPublicKey,
  type KeyObject as PublicKey,
  publicEncrypt,
  randomBytes,
  randomUUID,
} from 'node:crypto';
import type { ImportWay } from '../../backend.js';
import type { WrappingKeyReply } from '../wire/messages.js';
import type { CryptokiHandle } from './cryptoki.js';
import { toTokenFailure } from './cryptoki-error.js';
import { TokenFailure } from './token-failure.js';
import type { TokenSession } from './token-session.js';
import { isRefusalOfBytes, rsaBytesOf, unwrapped } from './unwrap.js';

const ID = /^holdfast-wrapping-(?<madeAt>\d+)-[0-9a-f-]{36}$/;
/** Twice the time for which import parameters are valid. */
const LEFT_BEHIND_MS = 2 * 86_400_000;
const EXPONENT = Buffer.of(1, 0, 1);
const KWP_IV = Buffer.from('A65959A6', 'hex');
const AES_BYTES = 32;

/**
 * Makes an RSA pair whose private half stays in the token and unwraps alone, and proves that it
 * unwraps, with a random key that is thrown away: a token that lists a mechanism may refuse its
 * parameters, and who wraps would learn it at the end of the ceremony.
 *
 * @throws TokenFailure `unsupported` for a token that does not unwrap in this way
 */
export function createWrappingKey(session: TokenSession, way: ImportWay): WrappingKeyReply {
  const wrappingKeyId = `holdfast-wrapping-${Date.now()}-${randomUUID()}`;
  const handle = generatePair(session, wrappingKeyId, way);
  try {
    assertStays(session, handle);
    proveThatItUnwraps(session, handle, way);
    const spki = publicKeyOf(session, handle).export({ type: 'spki', format: 'der' });
    return { wrappingKeyId, publicKey: spki.toString('base64') };
  } catch (error) {
    session.cryptoki.destroy(session.handle, handle);
    throw error;
  }
}

/**
 * Finds the private half of a wrapping key.
 *
 * @throws TokenFailure `rejected` for one that is not there
 */
export function findWrappingKey(session: TokenSession, wrappingKeyId: string): CryptokiHandle {
  const [handle] = privateKeysOf(session, wrappingKeyId);
  if (handle !== undefined) return handle;
  throw new TokenFailure(
    'rejected',
    `the token has no wrapping key ${wrappingKeyId}; fetch import parameters anew`,
  );
}

/** Destroys a wrapping key, unless that is done. */
export function destroyWrappingKey(session: TokenSession, wrappingKeyId: string): void {
  for (const handle of privateKeysOf(session, wrappingKeyId)) {
    session.cryptoki.destroy(session.handle, handle);
  }
}

/**
 * Wraps a random key and has it unwrapped.
 *
 * @throws TokenFailure `unsupported` where the token refuses; others as they come
 */
export function proveThatItUnwraps(
  session: TokenSession,
  unwrappingKey: CryptokiHandle,
  way: ImportWay,
): void {
  const wrapped = wrappedFor(publicKeyOf(session, unwrappingKey), way);
  const template = session.objects.template({}, ['ENCRYPT', 'DECRYPT'], false);
  let made: CryptokiHandle;
  try {
    made = unwrapped(session, unwrappingKey, { way, wrapped, template });
  } catch (error) {
    const { code, message } = toTokenFailure(error);
    const isRefused = isRefusalOfBytes(error) || code === 'unsupported' || code === 'usage-denied';
    throw isRefused ? cannotUnwrap(way, message) : error;
  }
  const { problem } = session.objects.made(made);
  session.cryptoki.destroy(session.handle, made);
  if (problem !== undefined) throw cannotUnwrap(way, problem);
}

function generatePair(session: TokenSession, id: string, way: ImportWay): CryptokiHandle {
  const c = session.cryptoki.constants;
  const names = [
    { type: c.CKA_LABEL, value: id },
    { type: c.CKA_ID, value: Buffer.from(id) },
  ];
  const { publicKey, privateKey } = session.cryptoki.wrapping.generateRsaPair(
    session.handle,
    [
      { type: c.CKA_TOKEN, value: false },
      { type: c.CKA_PRIVATE, value: false },
      { type: c.CKA_MODULUS_BITS, value: rsaBytesOf(way) * 8 },
      { type: c.CKA_PUBLIC_EXPONENT, value: EXPONENT },
      { type: c.CKA_ENCRYPT, value: false },
      { type: c.CKA_VERIFY, value: false },
      { type: c.CKA_WRAP, value: true },
      ...names,
    ],
    [
      { type: c.CKA_TOKEN, value: true },
      { type: c.CKA_PRIVATE, value: true },
      { type: c.CKA_SENSITIVE, value: true },
      { type: c.CKA_EXTRACTABLE, value: false },
      { type: c.CKA_DECRYPT, value: false },
      { type: c.CKA_SIGN, value: false },
      { type: c.CKA_UNWRAP, value: true },
      ...names,
    ],
  );
  session.cryptoki.destroy(session.handle, publicKey);
  return privateKey;
}

/** @throws TokenFailure `misconfigured` for a token that would give the private half away */
function assertStays({ objects }: TokenSession, handle: CryptokiHandle): void {
  if (objects.neverLeaves({ handle })) return;
  throw new TokenFailure('misconfigured', 'the token makes wrapping keys that can be extracted');
}

/** Reads the public half, which is a part of the private one. */
function publicKeyOf({ cryptoki, handle }: TokenSession, key: CryptokiHandle): PublicKey {
  const { CKA_MODULUS, CKA_PUBLIC_EXPONENT } = cryptoki.constants;
  const modulus = cryptoki.attribute(handle, key, CKA_MODULUS);
  const exponent = cryptoki.attribute(handle, key, CKA_PUBLIC_EXPONENT) ?? EXPONENT;
  if (modulus === undefined) {
    throw new TokenFailure('unsupported', 'the token does not tell the public half of a pair');
  }
  const jwk = { kty: 'RSA', n: modulus.toString('base64url'), e: exponent.toString('base64url') };
  return createPublicKey({ key: jwk, format: 'jwk' });
}

function privateKeysOf({ cryptoki, handle }: TokenSession, id: string): CryptokiHandle[] {
  if (!ID.test(id)) return [];
  const { CKA_CLASS, CKO_PRIVATE_KEY, CKA_LABEL } = cryptoki.constants;
  return cryptoki.find(handle, [
    { type: CKA_CLASS, value: CKO_PRIVATE_KEY },
    { type: CKA_LABEL, value: id },
  ]);
}

/** Destroys the wrapping keys that are too old for any import, also those that nobody knows of. */
export function destroyOldWrappingKeys(session: TokenSession): void {
  const { cryptoki, handle } = session;
  const { CKA_CLASS, CKO_PRIVATE_KEY, CKA_LABEL } = cryptoki.constants;
  for (const each of cryptoki.find(handle, [{ type: CKA_CLASS, value: CKO_PRIVATE_KEY }])) {
    const label = cryptoki.attribute(handle, each, CKA_LABEL)?.toString() ?? '';
    const madeAt = ID.exec(label)?.groups?.['madeAt'];
    if (madeAt === undefined || Date.now() - Number(madeAt) < LEFT_BEHIND_MS) continue;
    cryptoki.destroy(handle, each);
  }
}

function wrappedFor(publicKey: PublicKey, { wrappingAlgorithm }: ImportWay): Buffer {
  const oaep = { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };
  const first = randomBytes(AES_BYTES);
  if (wrappingAlgorithm === 'RSAES_OAEP_SHA_256') return publicEncrypt(oaep, first);
  const wrap = createCipheriv('id-aes256-wrap-pad', first, KWP_IV);
  const second = Buffer.concat([wrap.update(randomBytes(AES_BYTES)), wrap.final()]);
  return Buffer.concat([publicEncrypt(oaep, first), second]);
}

function cannotUnwrap(
  { wrappingAlgorithm, wrappingKeySpec }: ImportWay,
  reason: string,
): TokenFailure {
  return new TokenFailure(
    'unsupported',
    `the token does not unwrap ${wrappingAlgorithm} with ${wrappingKeySpec} (${reason}). Generate the ` +
      "material in the token, or import it with the vendor's tools and let Holdfast find it.",
  );
}
