import { describeFound } from '../config/describe-found.js';
import { type ConfigurationProblem, type FieldPath, formatPath } from '../config/problem.js';
import type { ResolvedValue } from '../config/resolve-references.js';
import { type PlacedValue, valueAt, valuesAt } from '../config/value-at.js';
import { exposureSchema } from '../key-stores/config.js';
import { findOverlap } from '../key-stores/exposure.js';
import { configurationOutline } from './schema.js';

/**
 * What no part of the configuration can see by itself. Looks at what is written, not at what
 * passed the schema, so that one mistake does not hide the next.
 */
export function crossCheck(resolved: ResolvedValue): ConfigurationProblem[] {
  const { value } = resolved;
  return [
    ...UNIQUE.flatMap(({ pattern, allowed }) => repeated(valuesAt(value, pattern), allowed)),
    ...repeated(endpoints(value), 'an address and port of its own'),
    ...unknownKeyManagers(resolved),
    ...overlaps(value),
  ];
}

const UNIQUE = [
  { pattern: ['listeners', '*', 'name'], allowed: 'a name of its own' },
  { pattern: ['keyManagers', '*', 'name'], allowed: 'a name of its own' },
  // Two servers of one folder would exclude each other; the second would fail to start.
  { pattern: ['keyManagers', '*', 'directory'], allowed: 'a folder of its own' },
  { pattern: ['keyStores', '*', 'name'], allowed: 'a name of its own' },
  { pattern: ['keyStores', '*', 'pathPrefix'], allowed: 'a path prefix of its own' },
  {
    pattern: ['keyStores', '*', 'credentials', '*', 'accessKeyId'],
    allowed: 'an access key id of its own, also across key stores',
  },
] as const;

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
  const [patternOfEarlier, patternOfLater] = overlap;
  return [
    {
      path: [...later.path, 'exposes'],
      found: `keys of ${patternOfLater} that ${formatPath(earlier.path)} exposes with ${patternOfEarlier}`,
      allowed: 'keys that no other key store of this key manager exposes, or shared: true in both',
    },
  ];
}
