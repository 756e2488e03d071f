/** Of what external key ids are made, as it stands between the brackets of a regular expression. */
export const EXTERNAL_KEY_ID_ALPHABET = 'A-Za-z0-9._-';

/**
 * An external key id, as a part of a regular expression.
 *
 * @see XKS Proxy API, section URI Path
 */
export const EXTERNAL_KEY_ID = `[${EXTERNAL_KEY_ID_ALPHABET}]{1,128}`;

const WHOLE = new RegExp(`^(?!\\.{1,2}$)${EXTERNAL_KEY_ID}$`);

/**
 * True for a text that may be an external key id: 1 to 128 of `[A-Za-z0-9._-]`, and neither `.` nor
 * `..`, which KMS allows and a URL parser between KMS and Holdfast would resolve as a path.
 */
export function isExternalKeyId(text: string): boolean {
  return WHOLE.test(text);
}
