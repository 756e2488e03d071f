import { isDeepStrictEqual } from 'node:util';
import { CompactEncrypt, compactDecrypt } from 'jose';
import { SealingError } from './errors.js';
import type { SealingKey } from './master-key.js';

const ALGORITHM = 'dir';
const ENCRYPTION = 'A256GCM';

/** The owner of sealed contents. Readable in the sealed text, and authenticated with it. */
export type Binding = Readonly<Record<string, string | number | readonly string[]>>;

/**
 * Seals a secret as a compact JWE whose protected header says what it belongs to. The content
 * encryption key is the master key itself, with a fresh random 96-bit IV a seal.
 *
 * @param binding names other than `alg`, `enc` and `kid`
 * @see RFC 7516, section 3.1; RFC 7518, sections 4.5 and 5.3
 */
export function seal(
  sealingKey: SealingKey,
  contents: Uint8Array,
  binding: Binding,
): Promise<string> {
  return new CompactEncrypt(contents)
    .setProtectedHeader({ ...binding, alg: ALGORITHM, enc: ENCRYPTION, kid: sealingKey.id })
    .encrypt(sealingKey.key);
}

/**
 * Opens what {@link seal} made, if it belongs where it was found.
 *
 * @param binding what the protected header must say, field by field, and nothing beside it
 * @returns the contents; the caller overwrites them with zeros when it is done
 * @throws SealingError `not-authentic` when it does not open, `bound-elsewhere` when the header
 * differs
 */
export async function open(
  sealingKey: SealingKey,
  sealed: string,
  binding: Binding,
): Promise<Uint8Array> {
  const { plaintext, protectedHeader } = await decrypt(sealingKey, sealed);
  const expected = { ...binding, alg: ALGORITHM, enc: ENCRYPTION, kid: sealingKey.id };
  const differing = differingFields(protectedHeader, expected);
  if (differing.length > 0) {
    plaintext.fill(0);
    throw new SealingError(
      'bound-elsewhere',
      `sealed with another ${differing.join(', ')} than the document says`,
    );
  }
  return plaintext;
}

async function decrypt(sealingKey: SealingKey, sealed: string) {
  try {
    return await compactDecrypt(sealed, sealingKey.key, {
      keyManagementAlgorithms: [ALGORITHM],
      contentEncryptionAlgorithms: [ENCRYPTION],
    });
  } catch (cause) {
    throw new SealingError('not-authentic', 'the sealed material does not open', { cause });
  }
}

function differingFields(
  found: Readonly<Record<string, unknown>>,
  expected: Readonly<Record<string, unknown>>,
): string[] {
  const fields = new Set([...Object.keys(expected), ...Object.keys(found)]);
  return [...fields].filter((field) => !isDeepStrictEqual(found[field], expected[field]));
}
