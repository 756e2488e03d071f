import { z } from 'zod';
import type { FieldPath } from './problem.js';
import { REFERENCE_PATTERN } from './secret-reference.js';

/** A part of a JSON Schema, as far as configurations use it. */
export type OutlineNode = z.core.JSONSchema.BaseSchema;

const SCALARS = new Set(['string', 'number', 'integer', 'boolean']);

/**
 * A configuration's schema as data (JSON Schema, draft 7): editors read it, the reference is
 * written from it, and it says of any path which field stands there, also in what is invalid.
 */
export class SchemaOutline {
  readonly root: OutlineNode;

  /** @param schema describes the configuration as it is written, before any transformation */
  constructor(schema: z.ZodType) {
    this.root = z.toJSONSchema(schema, {
      io: 'input',
      target: 'draft-7',
      override: ({ jsonSchema }) => {
        acceptReferences(jsonSchema);
      },
    });
  }

  /**
   * Names of the fields that may stand in the map at this path.
   *
   * @param type the map's own `type`: where it is one that there is, other types' fields are left
   *   out
   */
  fieldNames(path: FieldPath, type?: unknown): string[] {
    const nodes = this.#at(path);
    const ofType = nodes.filter((node) => typeOf(node) === type);
    const chosen = type === undefined || ofType.length === 0 ? nodes : ofType;
    return [...new Set(chosen.flatMap(({ properties }) => Object.keys(properties ?? {})))];
  }

  /** Tells whether the value at this path is secret. */
  isSecret(path: FieldPath): boolean {
    return this.#at(path).some(({ writeOnly }) => writeOnly === true);
  }

  /** Tells whether the value at this path is the path of a file or folder. */
  isPath(path: FieldPath): boolean {
    return this.#at(path).some(({ format }) => format === 'path');
  }

  /** Tells whether a text, number or boolean is allowed at this path. */
  isScalar(path: FieldPath): boolean {
    return this.#at(path).some(({ type }) => [type].flat().some((name) => SCALARS.has(name ?? '')));
  }

  #at(path: FieldPath): OutlineNode[] {
    return path.reduce<OutlineNode[]>(
      (nodes, segment) => nodes.flatMap((node) => children(node, segment)).flatMap(alternatives),
      alternatives(this.root),
    );
  }
}

/** A node and, where it is a choice, everything that may be chosen. */
export function alternatives(node: OutlineNode): OutlineNode[] {
  const choices = [...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.allOf ?? [])];
  return [node, ...choices.filter(isNode).flatMap(alternatives)];
}

function children(node: OutlineNode, segment: string | number): OutlineNode[] {
  if (typeof segment === 'number') return [node.items].flat().filter(isNode);
  const { properties = {}, additionalProperties } = node;
  return [Object.hasOwn(properties, segment) ? properties[segment] : additionalProperties].filter(
    isNode,
  );
}

/** The one `type` of a node, where it has one. */
function typeOf({ properties }: OutlineNode): unknown {
  const type = properties?.['type'];
  return typeof type === 'object' ? type.const : undefined;
}

function isNode(node: OutlineNode | boolean | undefined): node is OutlineNode {
  return typeof node === 'object';
}

/** Otherwise editors would mark every reference as a mistake. Sees the same node more than once. */
function acceptReferences(node: OutlineNode): void {
  if (node.pattern === undefined || node.pattern.endsWith(REFERENCE_PATTERN)) return;
  node.pattern = `${node.pattern}|${REFERENCE_PATTERN}`;
}
