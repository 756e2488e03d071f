import { MAX_KEY_VERSION } from '../../shared/key-material.js';

const PLACEHOLDER = /\{(externalKeyId|version)\}/g;
const PLACEHOLDER_KEPT = /(\{(?:externalKeyId|version)\})/;
const PATTERNS: Readonly<Record<string, string>> = {
  '{externalKeyId}': '(?<externalKeyId>[A-Za-z0-9._-]{1,128})',
  '{version}': '(?<version>[1-9][0-9]{0,9})',
};

/** Templates for CKA_LABEL and CKA_ID, filled with the external key id and the version. */
export interface KeyNameTemplates {
  /** Template of CKA_LABEL, with `{externalKeyId}` and perhaps `{version}`. */
  readonly label: string;
  /** Template of CKA_ID, the bytes of this text; undefined where CKA_ID is not used. */
  readonly id: string | undefined;
}

/** The attributes that identify an object, as text, compared byte by byte. */
export interface KeyLookup {
  readonly label?: string;
  readonly id?: string;
}

/** External key id and version, read from an object's attributes. */
export interface NamedVersion {
  readonly externalKeyId: string;
  readonly version: number;
}

/** Translates between versions of keys and the attributes of their objects. */
export class KeyNaming {
  readonly #names: KeyNameTemplates;
  readonly #pattern: RegExp;

  constructor(names: KeyNameTemplates) {
    this.#names = names;
    const id = names.id === undefined ? '[^]*' : patternOf(names.id);
    // A placeholder that stands there twice has the same value both times.
    const pattern = `^${patternOf(names.label)}\\0${id}$`;
    this.#pattern = new RegExp(namedOnce(pattern));
  }

  /** True where a key can have more than one version. */
  get isVersioned(): boolean {
    return `${this.#names.label}${this.#names.id ?? ''}`.includes('{version}');
  }

  /** Returns the attributes of the object of one version. */
  lookupOf({ externalKeyId, version }: NamedVersion): KeyLookup {
    return this.#fill({ externalKeyId, version: String(version) }, () => true);
  }

  /** Returns the attributes that all versions of a key share, if any. */
  sharedLookupOf(externalKeyId: string): KeyLookup {
    return this.#fill({ externalKeyId }, (template) => !template.includes('{version}'));
  }

  /** Reads an object's attributes. @returns undefined where they do not match the templates */
  parse(label: string, id: string): NamedVersion | undefined {
    const groups = this.#pattern.exec(`${label}\0${id}`)?.groups;
    const externalKeyId = groups?.['externalKeyId'];
    const version = Number(groups?.['version'] ?? '1');
    if (externalKeyId === undefined || version > MAX_KEY_VERSION) return undefined;
    return { externalKeyId, version };
  }

  #fill(
    values: Readonly<Record<string, string>>,
    isWanted: (template: string) => boolean,
  ): KeyLookup {
    const filled = Object.entries(this.#names)
      .filter((entry): entry is [string, string] => entry[1] !== undefined)
      .filter(([, template]) => isWanted(template))
      .map(([attribute, template]) => [
        attribute,
        template.replaceAll(PLACEHOLDER, (_, name: string) => values[name] ?? ''),
      ]);
    return Object.fromEntries(filled) as KeyLookup;
  }
}

function patternOf(template: string): string {
  return template
    .split(PLACEHOLDER_KEPT)
    .map((part) => PATTERNS[part] ?? part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('');
}

function namedOnce(pattern: string): string {
  return Object.values(PATTERNS).reduce((named, group) => {
    const [first, ...others] = named.split(group);
    const reference = `\\k<${group.slice(3, group.indexOf('>'))}>`;
    return others.length === 0 ? named : `${first ?? ''}${group}${others.join(reference)}`;
  }, pattern);
}
