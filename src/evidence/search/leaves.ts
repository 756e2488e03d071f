/** Is handed one value of a record: where it stands, and what it is. */
export type LeafVisitor = (path: string, value: string) => void;

/**
 * Walks through everything that can be searched for in a record: texts, numbers and truth values,
 * each as text with the path of its field (`authorization.decision`). The elements of a list have
 * the path of the list, so a search for `nodesTried.node` looks at every node.
 */
export function forEachLeaf(record: object, visit: LeafVisitor): void {
  for (const [field, value] of Object.entries(record)) descend(field, value, visit);
}

function descend(path: string, value: unknown, visit: LeafVisitor): void {
  switch (typeof value) {
    case 'string':
      visit(path, value);
      break;
    case 'number':
    case 'boolean':
      visit(path, String(value));
      break;
    case 'object':
      if (Array.isArray(value)) for (const element of value) descend(path, element, visit);
      else if (value !== null) {
        for (const [field, below] of Object.entries(value)) {
          descend(`${path}.${field}`, below, visit);
        }
      }
      break;
    default:
  }
}
