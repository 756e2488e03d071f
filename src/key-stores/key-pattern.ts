import { WILDCARD } from '../shared/wildcard.js';

/** @see XKS Proxy API, section API operations: an external key id has at most 128 characters */
const MAX_KEY_ID_LENGTH = 128;

/** Tells patterns among the entries of `exposes` from external key ids. */
export function isPattern(entry: string): boolean {
  return entry.includes(WILDCARD);
}

/** Positions in two patterns up to which they have been read. */
type Places = readonly [inA: number, inB: number];

/**
 * Decides exactly whether an external key id exists that fits both patterns; an id is a pattern
 * that fits itself alone.
 *
 * Reads both at once, breadth first, by the length of the text that brought it there. The first
 * arrival at both ends has the shortest text in common, which has to be short enough for an id.
 * (The empty text is common to patterns of nothing but wildcards, and those fit every id.)
 */
export function patternsOverlap(a: string, b: string): boolean {
  const seen = new Set<number>();
  let reached: readonly Places[] = [[0, 0]];
  for (let length = 0; length <= MAX_KEY_ID_LENGTH && reached.length > 0; length += 1) {
    const places = withoutTakingAny(reached, a, b, seen);
    if (places.some(([inA, inB]) => inA === a.length && inB === b.length)) return true;
    reached = places.flatMap((place) => takingOne(place, a, b));
  }
  return false;
}

/** A wildcard may end at any time. Leaves out the places that a shorter text has reached. */
function withoutTakingAny(
  from: readonly Places[],
  a: string,
  b: string,
  seen: Set<number>,
): Places[] {
  const places: Places[] = [];
  const pending = [...from];
  for (let place = pending.pop(); place !== undefined; place = pending.pop()) {
    const [inA, inB] = place;
    const id = inA * (b.length + 1) + inB;
    if (seen.has(id)) continue;
    seen.add(id);
    places.push(place);
    if (a[inA] === WILDCARD) pending.push([inA + 1, inB]);
    if (b[inB] === WILDCARD) pending.push([inA, inB + 1]);
  }
  return places;
}

/** Both read one character on; a wildcard takes whatever the other needs, and stays. */
function takingOne([inA, inB]: Places, a: string, b: string): Places[] {
  const [nextA, nextB] = [a[inA], b[inB]];
  if (nextA === undefined || nextB === undefined) return [];
  if (nextA === WILDCARD) return nextB === WILDCARD ? [] : [[inA, inB + 1]];
  if (nextB === WILDCARD) return [[inA + 1, inB]];
  return nextA === nextB ? [[inA + 1, inB + 1]] : [];
}
