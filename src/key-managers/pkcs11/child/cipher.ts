import { hash } from 'node:crypto';
import { equalInConstantTime } from '../../../shared/bytes.js';
import type { KeyManagerErrorCode } from '../../backend.js';
import { CKR } from '../ckr.js';
import type { CipherReply, CipherRequest } from '../wire/cipher-messages.js';
import { CryptokiError } from './cryptoki-error.js';
import type { NamedKeyObject } from './key-objects.js';
import { materialNameOf } from './material-name.js';
import { TokenFailure } from './token-failure.js';
import type { TokenSession } from './token-session.js';
import { TAG_BYTES } from '../../../shared/gcm.js';

const IV_BYTES = 12;
const LONGER_IV_BYTES = 16;
const REFUSALS: ReadonlySet<KeyManagerErrorCode> = new Set(['invalid-ciphertext', 'rejected']);

/** Input and output of one encryption. */
interface Encryption {
  readonly request: CipherRequest;
  /** The IV that the token was given; the token may have overwritten it. */
  readonly iv: Buffer;
  readonly output: Buffer;
}

/**
 * Encrypts with an IV made as the vendor's profile says.
 *
 * @throws TokenFailure with the effect `unsafe-iv` when the token used an IV that is not safe; the
 *   ciphertext is discarded
 */
export function encrypt(
  session: TokenSession,
  key: NamedKeyObject,
  request: CipherRequest,
): CipherReply {
  const iv = ivFor(session, request);
  const { aad, input } = request;
  const output = session.cryptoki.encryptGcm(session.handle, key.handle, { iv, aad }, input);
  return checked(session, { request, iv, output });
}

/**
 * Encrypts, then decrypts the ciphertext with the same key as a trial. Before the trial it hashes
 * the ciphertext together with the AAD and plaintext that arrived here. The parent compares this
 * hash with its own bytes, so a change on the way in either direction is noticed.
 *
 * @throws TokenFailure `internal` where the plaintext does not come back, and as {@link encrypt}
 */
export function encryptAndTry(
  session: TokenSession,
  key: NamedKeyObject,
  request: CipherRequest,
): CipherReply {
  const { iv, output } = encrypt(session, key, request);
  const { aad, input } = request;
  const triedSha256 = hash('sha256', Buffer.concat([iv, output, aad, input]), 'buffer');
  const opened = tried(session, key, { ...request, iv, input: output });
  if (!equalInConstantTime(opened, input)) {
    throw new TokenFailure('internal', 'the trial decryption gave another plaintext');
  }
  return { iv, output, triedSha256 };
}

/** Decrypts for the trial. A refusal is our failure: the client has sent no ciphertext. */
function tried(session: TokenSession, key: NamedKeyObject, request: CipherRequest): Buffer {
  try {
    return decrypt(session, key, request);
  } catch (error) {
    if (!(error instanceof TokenFailure) || !REFUSALS.has(error.code)) throw error;
    throw new TokenFailure('internal', `the trial decryption failed: ${error.message}`);
  }
}

/**
 * Decrypts and checks the tag.
 *
 * @throws TokenFailure `invalid-ciphertext` for a tag that does not match; `rejected` when the
 *   token may be at fault
 */
export function decrypt(
  session: TokenSession,
  key: NamedKeyObject,
  request: CipherRequest,
): Buffer {
  const { iv, aad, input } = request;
  try {
    const output = session.cryptoki.decryptGcm(session.handle, key.handle, { iv, aad }, input);
    if (output.length === input.length - TAG_BYTES) return output;
  } catch (error) {
    const isRefused =
      error instanceof CryptokiError && session.profile.refusals.includes(error.code);
    if (!isRefused) throw error;
    throw provenInvalid(session, key, error);
  }
  throw new TokenFailure(
    'unreachable',
    'C_Decrypt gave a plaintext of another length',
    'child-lost',
  );
}

function ivFor({ cryptoki, handle, profile }: TokenSession, { iv }: CipherRequest): Buffer {
  switch (profile.ivStrategy) {
    case 'caller':
      return Buffer.from(iv);
    case 'hsm-random':
      return cryptoki.random(handle, IV_BYTES);
    case 'zeros-in':
      return Buffer.alloc(IV_BYTES);
    case 'appended':
      return Buffer.alloc(LONGER_IV_BYTES).subarray(0, 0);
  }
}

function checked({ profile }: TokenSession, { request, iv, output }: Encryption): CipherReply {
  const textBytes = request.input.length + TAG_BYTES;
  const usedIv = profile.ivStrategy === 'appended' ? output.subarray(textBytes) : iv;
  const isRightSize =
    profile.ivStrategy === 'appended'
      ? usedIv.length === IV_BYTES || usedIv.length === LONGER_IV_BYTES
      : output.length === textBytes;
  if (!isRightSize) throw unsafe(`gave ${output.length} bytes for ${request.input.length}`);
  if (usedIv.every((byte) => byte === 0)) throw unsafe('used an IV of zeros');
  if (profile.ivStrategy === 'caller' && !usedIv.equals(request.iv)) {
    throw unsafe('wrote over the IV that it was given');
  }
  return { iv: usedIv, output: output.subarray(0, textBytes), triedSha256: undefined };
}

function unsafe(what: string): TokenFailure {
  return new TokenFailure(
    'misconfigured',
    `the token ${what}: its profile does not fit, and another encryption might repeat an IV`,
    'unsafe-iv',
  );
}

/**
 * Decides whether the ciphertext or the token is at fault: a broken token may answer with the code
 * for a bad tag. The key is asked to compute its material name again. A key without a computed name
 * cannot prove itself; the failure is then `rejected`.
 */
function provenInvalid(
  { cryptoki, handle }: TokenSession,
  key: NamedKeyObject,
  error: CryptokiError,
): TokenFailure {
  if (error.code === CKR.AEAD_DECRYPT_FAILED) {
    return new TokenFailure('invalid-ciphertext', error.message);
  }
  if (!key.name.isProven) return new TokenFailure('rejected', error.message);
  const name = materialNameOf(cryptoki, handle, key);
  if (name.isProven && name.bytes.equals(key.name.bytes)) {
    return new TokenFailure('invalid-ciphertext', error.message);
  }
  return new TokenFailure('unreachable', 'a handle has come to mean another key', 'child-lost');
}
