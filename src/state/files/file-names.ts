import { createHash } from 'node:crypto';

/** The end of every file's name; whatever else a name says, such a file is never overlooked. */
export const EXTENSION = '.json';

/** An upper-case letter is escaped, so that no file system can take two names for one. */
const ESCAPED = /^\.|[^a-z0-9._-]/g;
const ESCAPE = /%([0-9a-f]{2})/g;
/** A file system takes 255 bytes, of which the temporary file of a write needs 41 more. */
const MAX_ESCAPED = 200;
const KEPT = 120;
/** Stands in no escaped name. */
const BEFORE_DIGEST = '~';

/**
 * The name of the file of a document or counter: its id, with `%` and two hexadecimal digits in
 * the place of what file systems could mistake. A very long one ends in the digest of the id.
 *
 * @param id printable ASCII
 */
export function fileNameOf(id: string): string {
  const escaped = id.replaceAll(
    ESCAPED,
    (character) => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
  if (escaped.length <= MAX_ESCAPED) return `${escaped}${EXTENSION}`;
  const digest = createHash('sha256').update(id).digest('hex');
  return `${escaped.slice(0, KEPT)}${BEFORE_DIGEST}${digest}${EXTENSION}`;
}

/** The id that a file's name says; undefined for a name with a digest, or one that is not ours. */
export function idOf(fileName: string): string | undefined {
  if (!fileName.endsWith(EXTENSION)) return undefined;
  const escaped = fileName.slice(0, -EXTENSION.length);
  const id = escaped.replaceAll(ESCAPE, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  );
  return id !== '' && fileNameOf(id) === fileName ? id : undefined;
}
