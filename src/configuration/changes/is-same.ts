import { Secret } from '../../shared/secret.js';

/** Tells whether two values of checked configurations are equal, what is secret in them too. */
export function isSame(a: unknown, b: unknown): boolean {
  if (a instanceof Secret || b instanceof Secret) {
    return a instanceof Secret && b instanceof Secret && a.reveal() === b.reveal();
  }
  if (Buffer.isBuffer(a) && Buffer.isBuffer(b)) return a.equals(b);
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [inA, inB] = [definedOf(a), definedOf(b)];
  return inA.size === inB.size && [...inA].every(([name, value]) => isSame(value, inB.get(name)));
}

function definedOf(value: object): ReadonlyMap<string, unknown> {
  return new Map(Object.entries(value).filter(([, inside]) => inside !== undefined));
}
