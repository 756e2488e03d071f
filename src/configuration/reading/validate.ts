import type { z } from 'zod';
import { describeFound } from './describe-found.js';
import { closestTo } from './closest.js';
import type { SchemaOutline } from './outline.js';
import { type ConfigurationProblem, type FieldPath, formatFieldName } from './problem.js';
import type { ResolvedValue } from './resolve-references.js';
import { valueAt } from './value-at.js';

/** The result of a validation. */
export type Validation<Output> =
  | { readonly data: Output }
  | { readonly problems: readonly ConfigurationProblem[] };

type Issue = z.core.$ZodIssue;

/** Checks a configuration against its schema and reports everything that is wrong at once. */
export function validate<Schema extends z.ZodType>(
  schema: Schema,
  resolved: ResolvedValue,
  outline: SchemaOutline,
): Validation<z.output<Schema>> {
  const result = schema.safeParse(resolved.value, { error: allowedByIssue });
  if (result.success) return { data: result.data };
  const problems = result.error.issues
    .flatMap((issue) => deepestIssues(issue, []))
    .flatMap(({ issue, path }) => {
      if (issue.code === 'unrecognized_keys') {
        const type = valueAt(resolved.value, [...path, 'type']);
        return unknownFields(issue.keys, path, outline.fieldNames(path, type));
      }
      return [{ path, found: describeFound(resolved, path, outline), allowed: issue.message }];
    });
  return { problems };
}

interface PlacedIssue {
  readonly issue: Issue;
  readonly path: FieldPath;
}

/**
 * Finds the issues inside a value that matches none of several schemas but has the type of one of
 * them: for a list `exposes` with one wrong entry, the issue is that entry, not the whole list.
 */
function deepestIssues(issue: Issue, above: FieldPath): PlacedIssue[] {
  const path = [...above, ...issue.path.map((part) => (typeof part === 'symbol' ? '' : part))];
  if (issue.code !== 'invalid_union') return [{ issue, path }];
  const inside = issue.errors.find(
    (issues) => issues.length > 0 && issues.every((inner) => inner.path.length > 0),
  );
  return inside?.flatMap((inner) => deepestIssues(inner, path)) ?? [{ issue, path }];
}

function unknownFields(
  names: readonly string[],
  path: FieldPath,
  known: readonly string[],
): ConfigurationProblem[] {
  return names.map((name) => {
    const closest = closestTo(name, known);
    const hint = closest === undefined ? '' : `did you mean ${closest}? `;
    return {
      path: [...path, name],
      found: `an unknown field, ${formatFieldName(name)}`,
      allowed: `${hint}the fields here are ${known.join(', ')}`,
    };
  });
}

/** For what the schemas themselves say nothing about. */
function allowedByIssue(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return KINDS.get(issue.expected) ?? `a value of type ${issue.expected}`;
    case 'invalid_value':
      return `one of ${issue.values.map(String).join(', ')}`;
    case 'invalid_union':
      return 'options' in issue && Array.isArray(issue.options)
        ? `one of ${issue.options.map(String).join(', ')}`
        : undefined;
    case 'too_small':
      return `at least ${issue.minimum}${issue.origin === 'string' ? ' characters' : ''}`;
    case 'too_big':
      return `at most ${issue.maximum}${issue.origin === 'string' ? ' characters' : ''}`;
    default:
      return undefined;
  }
}

const KINDS = new Map<string, string>([
  ['object', 'a group of fields'],
  ['array', 'a list'],
  ['string', 'a text'],
  ['boolean', 'true or false'],
  ['int', 'a whole number'],
  ['number', 'a number'],
]);
