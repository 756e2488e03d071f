import { createHash } from 'node:crypto';
import { isRefusal } from './cryptoki-error.js';
import type { Cryptoki, CryptokiHandle } from './cryptoki.js';

/**
 * The block that every key encrypts to compute its material name: 16 bytes of ASCII. It is not
 * zero, because the encryption of a zero block is GHASH's key.
 */
export const NAME_BLOCK = Buffer.from('holdfast.name.v1', 'ascii');

const NAME_BYTES = 8;
/** @see PKCS#11 Base Specification 3.0, section 4.4 */
const CKA_UNIQUE_ID = 0x04;
const IDENTITY_PREFIX = 'holdfast.identity.v1';

/** Name of key material, and how it was made. */
export interface MaterialName {
  /** 8 bytes. */
  readonly bytes: Buffer;
  /** True when computed with the key itself, so that other material has another name. */
  readonly isProven: boolean;
}

/**
 * Names the material of a key: the first 8 bytes of SHA-256 over the encryption of
 * {@link NAME_BLOCK}. Every replica computes the same name; other material has another name.
 *
 * For a key that may not encrypt, C_Decrypt with AES-CTR gives the same name, because CTR encrypts
 * its counter. Where the token refuses both, the name is derived from the object's CKA_ID or
 * CKA_UNIQUE_ID; other material under the same attributes is then not noticed.
 */
export function materialNameOf(
  cryptoki: Cryptoki,
  session: CryptokiHandle,
  key: { readonly handle: CryptokiHandle; readonly label: string; readonly id: string },
): MaterialName {
  const block = provenBlock(cryptoki, session, key.handle);
  if (block !== undefined) return { bytes: nameOf(block), isProven: true };
  const id = key.id || cryptoki.attribute(session, key.handle, CKA_UNIQUE_ID)?.toString('latin1');
  const identity = [IDENTITY_PREFIX, key.label, id ?? ''].join('\0');
  return { bytes: nameOf(Buffer.from(identity)), isProven: false };
}

function provenBlock(
  cryptoki: Cryptoki,
  session: CryptokiHandle,
  handle: CryptokiHandle,
): Buffer | undefined {
  return (
    unlessRefused(() => cryptoki.encryptBlock(session, handle, NAME_BLOCK)) ??
    unlessRefused(() => cryptoki.decryptZerosCtr(session, handle, NAME_BLOCK))
  );
}

/** Returns undefined only where the key may not do this; any other failure is thrown. */
function unlessRefused(block: () => Buffer): Buffer | undefined {
  try {
    return block();
  } catch (error) {
    if (isRefusal(error)) return undefined;
    throw error;
  }
}

function nameOf(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest().subarray(0, NAME_BYTES);
}
