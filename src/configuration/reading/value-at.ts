import type { FieldPath } from './problem.js';

/** A value and where it stands. */
export interface PlacedValue {
  readonly path: FieldPath;
  readonly value: unknown;
}

/** The value at a path, looking at own fields alone; `undefined` where there is none. */
export function valueAt(value: unknown, path: FieldPath): unknown {
  return path.reduce<unknown>((container, segment) => {
    if (typeof container !== 'object' || container === null) return undefined;
    return Object.entries(container).find(([name]) => name === String(segment))?.[1];
  }, value);
}

/**
 * Every value that a pattern names, in a configuration that may be malformed elsewhere.
 *
 * @param pattern field names, and `*` for every entry of a list: `['keyStores', '*', 'name']`
 */
export function valuesAt(value: unknown, pattern: readonly string[]): PlacedValue[] {
  return pattern.reduce<PlacedValue[]>(
    (places, segment) => places.flatMap((place) => step(place, segment)),
    [{ path: [], value }],
  );
}

function step({ path, value }: PlacedValue, segment: string): PlacedValue[] {
  if (segment !== '*') {
    const inside = valueAt(value, [segment]);
    return inside === undefined ? [] : [{ path: [...path, segment], value: inside }];
  }
  if (!Array.isArray(value)) return [];
  return value.map((item: unknown, index) => ({ path: [...path, index], value: item }));
}
