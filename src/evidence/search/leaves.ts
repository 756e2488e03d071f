/** A function that is handed one value of a record, and the path where it stands. */
export type LeafVisitor = (path: string, value: string) => void;

/** No record of the server's is deeper; one that somebody else wrote must not exhaust the stack. */
const MAX_DEPTH = 16;

/**
 * Walks through everything that can be searched for in a record: texts, numbers and truth values,
 * each as text with the path of its field (`authorization.decision`). The elements of a list have
 * the path of the list, so a search for `nodesTried.node` looks at every node.
 */
export function forEachLeaf(record: object, visit: LeafVisitor): void {
  descendInto('', record, visit, 0);
}

function descendInto(prefix: string, record: object, visit: LeafVisitor, depth: number): void {
  const fields = record as Readonly<Record<string, unknown>>;
  for (const field of Object.keys(fields)) {
    descend(prefix + field, fields[field], visit, depth);
  }
}

function descend(path: string, value: unknown, visit: LeafVisitor, depth: number): void {
  if (typeof value === 'string') {
    visit(path, value);
  } else if (typeof value === 'number' || typeof value === 'boolean') {
    visit(path, String(value));
  } else if (typeof value === 'object' && value !== null && depth < MAX_DEPTH) {
    if (!Array.isArray(value)) descendInto(`${path}.`, value, visit, depth + 1);
    else for (const element of value) descend(path, element, visit, depth + 1);
  }
}
