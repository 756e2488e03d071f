import { counted } from '../../shared/counted.js';

/** The path of a value in the configuration: field names and list indexes, from the top. */
export type FieldPath = readonly (string | number)[];

/** A place in the text of a configuration file; both count from 1. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

/** One thing that is wrong with a configuration. No sentence of it ever holds a secret's value. */
export interface ConfigurationProblem {
  readonly path: FieldPath;
  /** Completes "found: …". */
  readonly found: string;
  /** Completes "allowed: …". */
  readonly allowed: string;
  /** The position in the file, if it is not that of the path. */
  readonly position?: TextPosition;
}

/** Something that is taken, and that an operator should know of. */
export interface ConfigurationWarning {
  readonly path: FieldPath;
  readonly message: string;
}

/** A configuration that is not taken, with all that is wrong with it. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  /** In the order of the file. */
  readonly problems: readonly ConfigurationProblem[];

  /** @param file as an operator would name it */
  constructor(file: string, problems: readonly ConfigurationProblem[]) {
    const inOrder = problems.toSorted(byPosition);
    super(render(file, inOrder));
    this.problems = inOrder;
  }
}

/** `keyStores[0].credentials[1]`; the empty path is the file as a whole. */
export function formatPath(path: FieldPath): string {
  return path.reduce<string>((text, segment) => {
    if (typeof segment === 'number') return `${text}[${segment}]`;
    return text === '' ? formatFieldName(segment) : `${text}.${formatFieldName(segment)}`;
  }, '');
}

const FIELD_NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,31}$/;

/**
 * A field's name as an operator wrote it. What does not look like a name is told by its length:
 * where a space is missing (`secretAccessKey:…`), YAML takes the secret for a part of the name.
 */
export function formatFieldName(name: string): string {
  return FIELD_NAME.test(name) ? name : `<${name.length} characters>`;
}

/** Paths that are equal have equal keys. */
export function pathKey(path: FieldPath): string {
  return JSON.stringify(path);
}

function byPosition(a: ConfigurationProblem, b: ConfigurationProblem): number {
  const lines = (a.position?.line ?? 0) - (b.position?.line ?? 0);
  return lines === 0 ? (a.position?.column ?? 0) - (b.position?.column ?? 0) : lines;
}

function render(file: string, problems: readonly ConfigurationProblem[]): string {
  return [`${file}: ${counted(problems.length, 'problem')}`, ...problems.map(renderProblem)].join(
    '\n',
  );
}

function renderProblem({ path, position, found, allowed }: ConfigurationProblem): string {
  const where = path.length === 0 ? 'the file' : formatPath(path);
  const place = position && ` (line ${position.line}, column ${position.column})`;
  return `  ${where}${place ?? ''}\n    found:   ${found}\n    allowed: ${allowed}`;
}
