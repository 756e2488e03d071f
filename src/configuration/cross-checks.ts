import { resolve, sep } from 'node:path';
import { describeFound } from './reading/describe-found.js';
import { type ConfigurationProblem, type FieldPath, formatPath } from './reading/problem.js';
import type { ResolvedValue } from './reading/resolve-references.js';
import { type PlacedValue, valueAt, valuesAt } from './reading/value-at.js';
import { exposureSchema } from '../key-stores/config.js';
import { findOverlap } from '../key-stores/exposure.js';
import { quickstartFiles } from './quickstart-files.js';
import { configurationOutline } from './schema.js';
import { keyFolderFields, privateFolderFields } from './written-fields.js';

/**
 * Finds contradictions between parts of the configuration. Reads the values as written, not the
 * output of the schema, so that one mistake does not hide the next.
 */
export function crossCheck(resolved: ResolvedValue): ConfigurationProblem[] {
  const { value } = resolved;
  return [
    ...repeatedKeyPolicies(value),
    ...UNIQUE.flatMap(({ pattern, allowed }) => repeated(valuesAt(value, pattern), allowed)),
    // Two servers of one folder would exclude each other; the second would fail to start.
    ...repeated(keyFolderFields(value), 'a folder of its own'),
    ...stateAmongOthers(value),
    ...repeated(endpoints(value), 'an address and port of its own'),
    ...unknownKeyManagers(resolved),
    ...overlaps(value),
    ...unreachableRegions(value),
    ...nobodyToSign(value),
  ];
}

const UNIQUE = [
  { pattern: ['listeners', '*', 'name'], allowed: 'a name of its own' },
  { pattern: ['keyManagers', '*', 'name'], allowed: 'a name of its own' },
  { pattern: ['keyStores', '*', 'name'], allowed: 'a name of its own' },
  { pattern: ['notifications', 'webhooks', '*', 'name'], allowed: 'a name of its own' },
  { pattern: ['keyStores', '*', 'pathPrefix'], allowed: 'a path prefix of its own' },
  {
    pattern: ['keyStores', '*', 'credentials', '*', 'accessKeyId'],
    allowed: 'an access key id of its own, also across key stores',
  },
] as const;

/** Of one set: a candidate names the same keys again. */
function repeatedKeyPolicies(value: unknown): ConfigurationProblem[] {
  const allowed = 'a key of its own: all files of a key stand in one entry';
  return [['policies'], ['policies', 'shadow']].flatMap((set) =>
    valuesAt(value, ['keyStores', '*', ...set]).flatMap(({ path, value: policies }) => {
      const ids = valuesAt(policies, ['keys', '*', 'externalKeyId']);
      return repeated(
        ids.map((id) => ({ value: lowerCased(id.value), path: [...path, ...id.path] })),
        allowed,
      );
    }),
  );
}

/** Ids that differ in case alone are of one key. */
function lowerCased(id: unknown): unknown {
  return typeof id === 'string' ? id.toLowerCase() : id;
}

function repeated(places: readonly PlacedValue[], allowed: string): ConfigurationProblem[] {
  const first = new Map<string, FieldPath>();
  const problems: ConfigurationProblem[] = [];
  for (const { path, value } of places) {
    if (typeof value !== 'string') continue;
    const other = first.get(value);
    if (other === undefined) first.set(value, path);
    else problems.push({ path, found: `the same as ${formatPath(other)}`, allowed });
  }
  return problems;
}

/**
 * The state store would take files of others for its own, or they its: so its folder lies in none
 * of theirs and none of theirs in it.
 */
function stateAmongOthers(value: unknown): ConfigurationProblem[] {
  const stateDirectory = valueAt(value, ['stateDirectory']);
  if (typeof stateDirectory !== 'string') return [];
  const written = writtenPlaces(value).flatMap(({ path, value: place, part }) =>
    typeof place === 'string' ? { path, part, place: resolve(stateDirectory, place) } : [],
  );
  const others = written.filter(({ part }) => part !== 'state');
  const whole = resolve(stateDirectory);
  return written.flatMap(({ path, part, place }) => {
    if (part !== 'state') return [];
    const other = others.find((each) => isIn(each.place, place) || isIn(place, each.place));
    const met = isIn(whole, place) ? { path: ['stateDirectory'], place: whole } : other;
    if (met === undefined) return [];
    // What nobody has written has no place in the file.
    const isWritten = valueAt(value, path) !== undefined;
    const found = isWritten
      ? `${place}, which meets ${met.place} of ${formatPath(met.path)}`
      : `${met.place}, which meets ${place} of the state store (${formatPath(path)})`;
    const allowed = 'a place of its own, in which there is nothing else';
    return [{ path: isWritten ? path : met.path, found, allowed }];
  });
}

/** The folders that must be private, and what else is made in some folder. */
function writtenPlaces(value: unknown): readonly (PlacedValue & { readonly part: string })[] {
  const quickstart = valueAt(value, ['quickstart']) === true;
  const { folder } = quickstartFiles('');
  return [
    ...privateFolderFields(value),
    ...valuesAt(value, ['admin', 'socket']).map((field) => ({ ...field, part: 'socket' })),
    ...(quickstart ? [{ path: ['quickstart'], value: folder, part: 'quickstart' }] : []),
  ];
}

/** True for a folder in another one, and for that one itself. */
function isIn(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(outer.endsWith(sep) ? outer : `${outer}${sep}`);
}

/** Port 0 stands for any free port, so it is never taken twice. */
function endpoints(value: unknown): PlacedValue[] {
  return [...valuesAt(value, ['listeners', '*']), ...valuesAt(value, ['operations'])].flatMap(
    ({ path, value: listener }) => {
      const [host, port] = [valueAt(listener, ['host']), valueAt(listener, ['port'])];
      if (typeof host !== 'string' || typeof port !== 'number' || port === 0) return [];
      return [{ path: [...path, 'port'], value: `${host} ${port}` }];
    },
  );
}

function unknownKeyManagers(resolved: ResolvedValue): ConfigurationProblem[] {
  const names = valuesAt(resolved.value, ['keyManagers', '*', 'name']).map(({ value }) => value);
  return valuesAt(resolved.value, ['keyStores', '*', 'keyManager'])
    .filter(({ value }) => typeof value === 'string' && !names.includes(value))
    .map(({ path }) => ({
      path,
      found: `${describeFound(resolved, path, configurationOutline)}, which no key manager is called`,
      allowed: `the name of a key manager: ${names.map(String).join(', ')}`,
    }));
}

function overlaps(value: unknown): ConfigurationProblem[] {
  const keyStores = valuesAt(value, ['keyStores', '*']);
  return keyStores.flatMap((later, index) =>
    keyStores.slice(0, index).flatMap((earlier) => overlapOf(earlier, later)),
  );
}

function overlapOf(earlier: PlacedValue, later: PlacedValue): ConfigurationProblem[] {
  const keyManager = valueAt(later.value, ['keyManager']);
  if (keyManager !== valueAt(earlier.value, ['keyManager'])) return [];
  if ([earlier, later].every(({ value }) => valueAt(value, ['shared']) === true)) return [];
  const ofEarlier = exposureSchema.safeParse(valueAt(earlier.value, ['exposes']));
  const ofLater = exposureSchema.safeParse(valueAt(later.value, ['exposes']));
  if (!ofEarlier.success || !ofLater.success) return [];
  const overlap = findOverlap(ofEarlier.data, ofLater.data);
  if (overlap === undefined) return [];
  const [entryOfEarlier, entryOfLater] = overlap;
  return [
    {
      path: [...later.path, 'exposes'],
      found: `${entryOfLater}, and ${formatPath(earlier.path)} exposes ${entryOfEarlier} of the same key manager: a key can fit both`,
      allowed:
        'entries that fit no key which another key store of the key manager exposes; or, where ' +
        'both are to use the same keys, shared: true in both',
    },
  ];
}

/** Key stores without a credential, which none can be added to at run time either. */
function nobodyToSign(value: unknown): ConfigurationProblem[] {
  if (valueAt(value, ['state', 'sealing']) !== undefined) return [];
  return valuesAt(value, ['keyStores', '*']).flatMap(({ path, value: keyStore }) => {
    const credentials = valueAt(keyStore, ['credentials']) ?? [];
    if (!Array.isArray(credentials) || credentials.length > 0) return [];
    const allowed = 'at least one credential, or state.sealing, so that some can be added';
    return [{ path: [...path, 'credentials'], found: 'no credential', allowed }];
  });
}

/** The name in the certificate that AWS KMS of a region presents, as a client. */
const KMS_CLIENT = /^cks\.kms\.(?<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?$/i;

/**
 * Key stores of regions whose KMS no listener lets in. Where a listener lets in others, too, such
 * as a proxy of one's own before it, nobody can tell whom that connects.
 */
function unreachableRegions(value: unknown): ConfigurationProblem[] {
  const listeners = valuesAt(value, ['listeners', '*']);
  const names = listeners.map(({ path }) => namesOfClients(value, path));
  if (names.length === 0 || names.some((allowed) => allowed === undefined)) return [];
  const regions = names
    .flat()
    .map((name) => KMS_CLIENT.exec(name ?? '')?.groups?.['region']?.toLowerCase());
  if (regions.includes(undefined)) return [];
  const list = regions.join(', ');
  return valuesAt(value, ['keyStores', '*', 'region']).flatMap(({ path, value: region }) =>
    typeof region !== 'string' || regions.includes(region)
      ? []
      : [
          {
            path,
            found: `${region}, whose AWS KMS no listener lets in: clientCertificates.allowedNames has that of ${list} alone`,
            allowed: `a region of those, or cks.kms.${region}.amazonaws.com among the allowedNames of a listener`,
          },
        ],
  );
}

/** @returns undefined for a listener that lets in every client, or whose names are malformed */
function namesOfClients(value: unknown, listener: FieldPath): string[] | undefined {
  const names = valueAt(value, [...listener, 'tls', 'clientCertificates', 'allowedNames']);
  if (!Array.isArray(names)) return undefined;
  return names.every((name): name is string => typeof name === 'string') ? names : undefined;
}
