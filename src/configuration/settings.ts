import { type FieldPath, pathKey } from './reading/problem.js';
import { valueAt } from './reading/value-at.js';
import { Secret } from '../shared/secret.js';

/** One value of the configuration in force. A list of values is so many settings of one path. */
export interface Setting {
  /** Entries of a list by their names: `keyStores[payroll].exposes`. */
  readonly path: string;
  /** Of a secret, where it stands; never the secret. */
  readonly value: string | number | boolean;
}

/**
 * Fields that tell the entries of the configuration's lists apart. The first that an entry has
 * counts.
 */
const NAMES = ['name', 'accessKeyId', 'externalKeyId'] as const;
/**
 * Fields that may hold anything, a secret too: by the names of the fields around them. Only a
 * reference is told of them.
 */
const UNTOLD = [
  /^keyManagers\.environment(\.|$)/,
  /^keyManagers\.libraryParameters$/,
  /^keyManagers\.options\./,
  /\.roleId$/,
];
/** Addresses whose path or query may be a secret: receivers know a sender by them. */
const TOLD_BY_ORIGIN = 'notifications.webhooks.url';
const NOT_TOLD = '[not recorded]';
const MAX_CHARACTERS = 4_096;

/** The place of a value: by indexes, as the file has it, and by names. */
interface Place {
  readonly path: FieldPath;
  /** The same as the file has it, where a map was written that became a list. */
  readonly written: FieldPath;
  readonly name: string;
}

/**
 * A setting with the value itself, a secret one too: to be compared, and told by `value` alone.
 */
export interface ConfiguredValue extends Setting {
  readonly raw: unknown;
  /** `${file:…}` or `${env:…}`, where that is written in its place. */
  readonly reference: string | undefined;
}

/**
 * Everything that a configuration says, defaults included, as a list that can be compared with
 * another: what protects, and is removed, is seen to be gone.
 *
 * @param references what was replaced by what it stands for, by `pathKey`
 */
export function configuredValues(
  configuration: object,
  references: ReadonlyMap<string, string>,
): readonly ConfiguredValue[] {
  const values: ConfiguredValue[] = [];
  const visit = (raw: unknown, place: Place): void => {
    if (raw === undefined) return;
    const reference = references.get(pathKey(place.path)) ?? references.get(pathKey(place.written));
    const value = tellable(raw, reference, place.path);
    if (value !== undefined) values.push({ path: place.name, value, raw, reference });
    else for (const [inside, at] of entriesOf(raw, place)) visit(inside, at);
  };
  visit(configuration, { path: [], written: [], name: '' });
  return values;
}

/** The same for the record: no value of a secret is in it. */
export function settingsOf(values: readonly ConfiguredValue[]): readonly Setting[] {
  return values.map(({ path, value }) => ({ path, value }));
}

/** @returns undefined for what has values inside */
function tellable(
  value: unknown,
  reference: string | undefined,
  path: FieldPath,
): Setting['value'] | undefined {
  if (value instanceof Secret) return reference ?? String(value);
  if (Buffer.isBuffer(value)) return value.toString('base64');
  if (typeof value === 'object' && value !== null) return undefined;
  if (isUntold(path)) return reference ?? NOT_TOLD;
  if (fieldsOf(path) === TOLD_BY_ORIGIN) return reference ?? originOf(String(value));
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  const text = String(value);
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}...` : text;
}

function isUntold(path: FieldPath): boolean {
  const fields = fieldsOf(path);
  const isItsName = fields === 'keyManagers.environment.name';
  return !isItsName && UNTOLD.some((pattern) => pattern.test(fields));
}

/** @returns a path without the indexes of lists */
function fieldsOf(path: FieldPath): string {
  return path.filter((segment) => typeof segment === 'string').join('.');
}

/** @returns an address without what follows its host and port */
function originOf(address: string): string {
  const { origin, pathname, search } = new URL(address);
  return pathname === '/' && search === '' ? address : `${origin}/${NOT_TOLD}`;
}

function entriesOf(value: unknown, place: Place): [value: unknown, place: Place][] {
  const { path, written, name } = place;
  if (Array.isArray(value)) {
    return value.map((item: unknown, index) => {
      const at = { path: [...path, index], written: [...written, index] };
      return [item, { ...at, name: nameOfItem(item, index, name) }];
    });
  }
  return Object.entries(value as object).map(([field, item]) => {
    const at = { path: [...path, field], written: writtenAt(value as object, field, place) };
    return [item, { ...at, name: name === '' ? field : `${name}.${field}` }];
  });
}

/** A variable of `environment` may have been written as a field of a map. */
function writtenAt(item: object, field: string, { path, written }: Place): FieldPath {
  const variable: unknown = valueAt(item, ['name']);
  const isVariable = path.at(-2) === 'environment' && field === 'value';
  return isVariable && typeof variable === 'string'
    ? [...written.slice(0, -1), variable]
    : [...written, field];
}

function nameOfItem(item: unknown, index: number, name: string): string {
  if (typeof item !== 'object' || item === null) return name;
  const texts = NAMES.map((field) => valueAt(item, [field]));
  const own = texts.find((text) => typeof text === 'string');
  return `${name}[${own ?? index}]`;
}
