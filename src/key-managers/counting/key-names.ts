import { createHash } from 'node:crypto';

const FILE_NAME = /^key-(?<lowercased>[a-z0-9._-]{1,128})\.[0-9a-f]{16}\.json$/;
const DIGEST_DIGITS = 16;

/**
 * The name of a key's document and of its counter file. The digest tells ids apart that differ
 * only by case, on file systems that do not; prefix and extension keep clear of dot files and of
 * names that some system reserves. At most 154 characters.
 */
export function fileNameOf(externalKeyId: string): string {
  const digest = createHash('sha256').update(externalKeyId).digest('hex').slice(0, DIGEST_DIGITS);
  return `key-${externalKeyId.toLowerCase()}.${digest}.json`;
}

/**
 * The id of a key, in lower case, as the name of its document's file has it.
 *
 * @returns undefined for a name that no key's document has
 */
export function lowercasedIdOf(fileName: string): string | undefined {
  return FILE_NAME.exec(fileName)?.groups?.['lowercased'];
}
