import { decodeBase64 } from '../../shared/bytes.js';
import { KeyManagerError, type Sealed } from '../backend.js';
import { TAG_BYTES } from '../../shared/gcm.js';

/** Transit's IVs are 12 bytes, always. */
const IV_BYTES = 12;

/**
 * Splits Transit's `vault:vN:` + base64(IV ‖ ciphertext ‖ tag), and checks version and length.
 *
 * @throws KeyManagerError `internal` for another version, another length or another form
 */
export function splitCiphertext(text: string, version: number, plaintextBytes: number): Sealed {
  const prefix = prefixOf(version);
  const bytes = text.startsWith(prefix) ? decodeBase64(text.slice(prefix.length)) : undefined;
  if (bytes?.length !== IV_BYTES + plaintextBytes + TAG_BYTES) {
    throw new KeyManagerError('internal', 'the server encrypted under another version or cipher');
  }
  return {
    iv: bytes.subarray(0, IV_BYTES),
    ciphertext: bytes.subarray(IV_BYTES, IV_BYTES + plaintextBytes),
    tag: bytes.subarray(IV_BYTES + plaintextBytes),
  };
}

/**
 * Joins a ciphertext to the text that Transit made of it.
 *
 * @throws KeyManagerError `invalid-ciphertext` for an IV or a tag that Transit does not make
 */
export function joinCiphertext({ iv, ciphertext, tag }: Sealed, version: number): string {
  if (iv.length !== IV_BYTES || tag.length !== TAG_BYTES) {
    throw new KeyManagerError(
      'invalid-ciphertext',
      `IV of ${iv.length} bytes and tag of ${tag.length} bytes; Transit makes 12 and 16`,
    );
  }
  return prefixOf(version) + Buffer.concat([iv, ciphertext, tag]).toString('base64');
}

function prefixOf(version: number): string {
  return `vault:v${version}:`;
}
