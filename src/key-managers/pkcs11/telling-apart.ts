import type { KeyNameTemplates } from './key-naming.js';
import type { SharedIds } from './vendor-profiles.js';

const ID = '{externalKeyId}';
const VERSION = '{version}';
const PLACEHOLDERS = /\{externalKeyId\}|\{version\}/;

/** A fault of the templates, and the field in which to correct it. */
export interface TemplateProblem {
  readonly field: 'keyLabel' | 'keyId';
  /** The templates that would be accepted, in words. */
  readonly allowed: string;
}

/**
 * Finds a fault of the templates: two keys or two versions could have the same attributes, or a
 * token that replaces a key of the same CKA_ID would lose one.
 *
 * @param sharedIds what the token does with two keys of one CKA_ID
 */
export function templateProblem(
  { label, id }: KeyNameTemplates,
  sharedIds: SharedIds,
): TemplateProblem | undefined {
  if (![label, id].some((template) => template !== undefined && namesTheKey(template))) {
    return {
      field: 'keyLabel',
      allowed:
        `a character other than a digit between ${ID} and ${VERSION}: without it ` +
        'version 11 of "k" and version 1 of "k1" would have one label',
    };
  }
  if (sharedIds !== 'replaced' || id === undefined) return undefined;
  const isVersioned = [label, id].some((template) => template.includes(VERSION));
  if (namesTheKey(id) && (!isVersioned || id.includes(VERSION))) return undefined;
  return {
    field: 'keyId',
    allowed:
      `a text with ${ID}${isVersioned ? ` and ${VERSION}` : ''} in it, such as ` +
      `"${ID}${isVersioned ? `:${VERSION}` : ''}": this token replaces a key when another is made ` +
      'with its CKA_ID',
  };
}

/**
 * Tells whether the external key id can be read back from the text. An id may end in digits, and a
 * version is digits, so another character has to stand between the two.
 */
function namesTheKey(template: string): boolean {
  if (!template.includes(ID)) return false;
  if (!template.includes(VERSION)) return true;
  const between = template.split(PLACEHOLDERS).slice(1, -1);
  return between.every((text) => /\D/.test(text));
}
