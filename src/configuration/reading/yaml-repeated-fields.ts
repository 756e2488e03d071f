import { type Document, isScalar, visit, type YAMLMap } from 'yaml';
import { formatFieldName } from './problem.js';

/**
 * Finds the fields that their map has had before.
 *
 * @param lineOf the line of an offset, from 1
 * @returns by the offset of the later one, what completes "found: …"
 */
export function repeatedFields(
  document: Document,
  lineOf: (offset: number) => number,
): ReadonlyMap<number, string> {
  const repeated = new Map<number, string>();
  visit(document, {
    Map: (_, map) => {
      for (const { name, first, later } of repeatedIn(map)) {
        const line = String(lineOf(first));
        repeated.set(later, `the field ${formatFieldName(name)}, which line ${line} has already`);
      }
    },
  });
  return repeated;
}

function repeatedIn({ items }: YAMLMap): { name: string; first: number; later: number }[] {
  const offsets = new Map<string, number>();
  return items.flatMap(({ key }) => {
    if (!isScalar(key) || !key.range) return [];
    const [name, later] = [String(key.value), key.range[0]];
    const first = offsets.get(name);
    if (first !== undefined) return [{ name, first, later }];
    offsets.set(name, later);
    return [];
  });
}
