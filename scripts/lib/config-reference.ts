import { alternatives, type OutlineNode } from '../../src/configuration/reading/outline.js';

/** One Markdown section a group of fields, from the schema's own descriptions. */
export function renderReference(root: OutlineNode): string {
  return renderGroup('The file', [root], '').join('\n\n');
}

/** @param variants what the group may consist of, one of them at a time */
function renderGroup(title: string, variants: readonly OutlineNode[], path: string): string[] {
  const description = variants.length === 1 ? variants[0]?.description : undefined;
  return [
    `## ${title}`,
    ...(description === undefined ? [] : [description]),
    ...variants.flatMap((variant, index) => [
      ...(variants.length === 1 ? [] : [index === 0 ? 'Either:' : 'or:']),
      renderTable(variant),
    ]),
    ...variants.flatMap((variant) =>
      fieldsOf(variant).flatMap(([name, node]) => renderInside(`${path}${name}`, node)),
    ),
  ];
}

function renderInside(path: string, node: OutlineNode): string[] {
  const isList = node.items !== undefined;
  const inside = [isList ? node.items : node].flat().filter((item) => typeof item === 'object');
  const groups = inside.flatMap(alternatives).filter(({ properties }) => properties !== undefined);
  if (groups.length === 0) return [];
  const here = isList ? `${path}[]` : path;
  return renderGroup(`\`${here}\``, groups, `${here}.`);
}

function renderTable(group: OutlineNode): string {
  const rows = fieldsOf(group).map(([name, node]) => {
    const required = group.required?.includes(name) === true;
    return [`\`${name}\``, allowedOf(node), defaultOf(node, required), node.description ?? ''];
  });
  return [['Field', 'Allowed', 'Default', 'Meaning'], Array<string>(4).fill('---'), ...rows]
    .map((cells) => `| ${cells.map(escapeCell).join(' | ')} |`)
    .join('\n');
}

function fieldsOf({ properties }: OutlineNode): [string, OutlineNode][] {
  return Object.entries(properties ?? {}).flatMap(([name, node]) =>
    typeof node === 'object' ? [[name, node]] : [],
  );
}

function allowedOf(node: OutlineNode): string {
  const { errorMessage } = node;
  if (typeof errorMessage === 'string') return errorMessage;
  if (node.enum !== undefined) return `one of ${node.enum.map(String).join(', ')}`;
  if (node.const !== undefined) return `\`${String(node.const)}\``;
  return alternatives(node).some(({ properties }) => properties !== undefined)
    ? 'a group of fields, below'
    : 'anything';
}

function defaultOf(node: OutlineNode, required: boolean): string {
  if (required) return 'required';
  const isGroup = typeof node.default === 'object' && !Array.isArray(node.default);
  return node.default === undefined || isGroup ? '' : `\`${JSON.stringify(node.default)}\``;
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|');
}
