import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml';
import type { ConfigurationProblem, FieldPath, TextPosition } from './problem.js';
import { isDeeperThan } from './yaml-depth.js';
import { type UnclosedCollection, unclosedCollections } from './yaml-unclosed.js';
import { repeatedFields } from './yaml-repeated-fields.js';

const MAX_BYTES = 1024 * 1024;
/** The schema needs eight. */
const MAX_DEPTH = 20;

/** A YAML file as plain data, together with where each value stands. */
export interface YamlDocument {
  /** Maps have plain objects, whose own fields may have any name, `__proto__` included. */
  readonly value: unknown;
  /** Of the field, or of the nearest one around it that exists. */
  readonly locate: (path: FieldPath) => TextPosition | undefined;
}

/** The result of reading YAML: the document, or its problems. */
export type YamlReading =
  | { readonly document: YamlDocument }
  | { readonly problems: readonly ConfigurationProblem[] };

/**
 * Reads the YAML of a configuration: version 1.2, one document, up to 1 MiB, the core schema's
 * types. Duplicate fields, tags, anchors' aliases, lists and maps as field names are refused.
 *
 * The library's own messages quote the text, secrets included, so none of them is passed on.
 */
export function readYaml(text: string): YamlReading {
  if (Buffer.byteLength(text) > MAX_BYTES) {
    return refuse(`more than ${MAX_BYTES} bytes`, `a file of at most ${MAX_BYTES} bytes`);
  }
  if (isDeeperThan(MAX_DEPTH, text)) return refuse('too many levels', 'a configuration');
  const lines = new LineCounter();
  const position = (offset: number): TextPosition => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
  });
  const problems = oncePerLine([
    ...syntaxProblems(document, unclosedCollections(text), position),
    ...structureProblems(document, position),
  ]);
  if (problems.length > 0) return { problems };
  const { contents } = document;
  return {
    document: { value: document.toJS(), locate: (path) => locate(contents, path, position) },
  };
}

function refuse(found: string, allowed: string): YamlReading {
  return { problems: [{ path: [], found, allowed }] };
}

type Locator = (offset: number) => TextPosition;

/** A `*` that is meant as a pattern is the likelier mistake. */
const ALIAS = [
  'an alias, because the value begins with *',
  'values written out, with quotes around a text that begins with *: "*-prod"',
] as const;

const SYNTAX = new Map<YAMLError['code'], readonly [found: string, allowed: string]>([
  ['DUPLICATE_KEY', ['a field that was given before', 'each field once']],
  ['TAG_RESOLVE_FAILED', ['a tag', 'values without tags']],
  ['MULTIPLE_DOCS', ['a second document', 'one document']],
  ['TAB_AS_INDENT', ['a tab', 'spaces for indentation']],
  ['BAD_INDENT', ['a line that is indented otherwise than its neighbours', 'even indentation']],
  ['BAD_ALIAS', ALIAS],
  ['NON_STRING_KEY', ['a list or a map as the name of a field', 'field names that are text']],
  ['MISSING_CHAR', ['something that is not closed or separated', 'valid YAML']],
]);

/** What the library says of the text behind a bracket or a brace that is not closed. */
const AFTER_UNCLOSED: ReadonlySet<YAMLError['code']> = new Set([
  'BAD_INDENT',
  'BLOCK_IN_FLOW',
  'MISSING_CHAR',
]);

const UNCLOSED = {
  '[': ['a list that begins with [ and does not end', 'a ] at its end, or entries after "- "'],
  '{': ['a map that begins with { and does not end', 'a } at its end, or one field a line'],
} as const;

/** Mistakes that leave the rest of the file readable. */
const HARMLESS: ReadonlySet<YAMLError['code']> = new Set([
  'BAD_ALIAS',
  'DUPLICATE_KEY',
  'MULTIPLE_DOCS',
  'NON_STRING_KEY',
  'TAG_RESOLVE_FAILED',
]);
/** Mistakes that are told: one character makes dozens, so the rest is taken for a consequence. */
const MOST_TOLD = 3;

function syntaxProblems(
  document: Document,
  unclosed: readonly UnclosedCollection[],
  position: Locator,
): ConfigurationProblem[] {
  const repeated = repeatedFields(document, (offset) => position(offset).line);
  const [first] = unclosed;
  const begins = first?.offset ?? Number.POSITIVE_INFINITY;
  const mistakes = [...document.errors, ...document.warnings].filter(
    ({ code, pos: [start] }) => start < begins || !AFTER_UNCLOSED.has(code),
  );
  const inOrder = mistakes.toSorted(({ pos: [a] }, { pos: [b] }) => a - b);
  const lastTold = inOrder.filter(({ code }) => !HARMLESS.has(code))[MOST_TOLD - 1];
  const others = inOrder.filter(({ pos: [start] }) => start <= (lastTold?.pos[0] ?? Infinity));
  const notClosed = unclosed.map(({ offset, opening }) => {
    const [found, allowed] = UNCLOSED[opening];
    return { path: [], found, allowed, position: position(offset) };
  });
  const told = others.map(({ code, pos: [start] }) => {
    const [found, allowed] = SYNTAX.get(code) ?? [`a mistake (${code})`, 'valid YAML'];
    const repetition = code === 'DUPLICATE_KEY' ? repeated.get(start) : undefined;
    return { path: [], found: repetition ?? found, allowed, position: position(start) };
  });
  return [...notClosed, ...told];
}

function structureProblems(document: Document, position: Locator): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  const report = (node: Node, found: string, allowed: string) => {
    const start = node.range?.[0];
    const place = start === undefined ? {} : { position: position(start) };
    problems.push({ path: [], found, allowed, ...place });
  };
  visit(document, {
    Node: (_, node) => {
      if (isAlias(node)) report(node, ...ALIAS);
      else if (node.tag !== undefined) report(node, 'a tag', 'values without tags');
    },
  });
  return problems;
}

/** A tag that the library does not know is a mistake to it, and to us as every tag is. */
function oncePerLine(problems: readonly ConfigurationProblem[]): ConfigurationProblem[] {
  const places = new Map(
    problems.map((problem) => [`${problem.found} ${problem.position?.line}`, problem]),
  );
  return [...places.values()];
}

function locate(root: unknown, path: FieldPath, position: Locator): TextPosition | undefined {
  let value = root;
  let nearest: unknown;
  for (const segment of path) {
    const pair = isMap(value) ? value.items.find((item) => keyOf(item) === segment) : undefined;
    const item = isSeq(value) && typeof segment === 'number' ? value.items[segment] : undefined;
    if (pair === undefined && item === undefined) break;
    nearest = pair === undefined ? item : pair.key;
    value = pair === undefined ? item : pair.value;
  }
  const start = isNode(nearest) ? nearest.range?.[0] : undefined;
  return start === undefined ? undefined : position(start);
}

function keyOf({ key }: Pair): unknown {
  return isScalar(key) ? key.value : undefined;
}
