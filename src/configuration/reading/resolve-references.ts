import { mapTexts, type ReplaceText } from './map-texts.js';
import type { SchemaOutline } from './outline.js';
import { type ConfigurationProblem, type ConfigurationWarning, pathKey } from './problem.js';
import { isReference, type ReferenceSources, resolveReference } from './secret-reference.js';
import { whiteSpaceAround } from './white-space.js';

/** A configuration whose references have been replaced by what they stand for. */
export interface ResolvedValue {
  readonly value: unknown;
  /** The references that were replaced, by {@link pathKey}. */
  readonly references: ReadonlyMap<string, string>;
  readonly problems: readonly ConfigurationProblem[];
  readonly warnings: readonly ConfigurationWarning[];
}

/** Replaces every reference in a configuration, wherever a text stands. */
export function resolveReferences(
  value: unknown,
  outline: SchemaOutline,
  sources: ReferenceSources,
): ResolvedValue {
  const references = new Map<string, string>();
  const problems: ConfigurationProblem[] = [];
  const warnings: ConfigurationWarning[] = [];

  const replaceText: ReplaceText = (text, path) => {
    if (!text.isWellFormed()) problems.push({ path, ...ILL_FORMED });
    if (!isReference(text)) {
      if (outline.isSecret(path)) warnings.push({ path, message: LITERAL_SECRET });
      return text;
    }
    const resolution = resolveReference(text, sources);
    if ('found' in resolution) {
      problems.push({ path, ...resolution });
      return text;
    }
    if (resolution.warning !== undefined) warnings.push({ path, message: resolution.warning });
    const around = whiteSpaceAround(resolution.text);
    if (around !== '' && outline.isSecret(path)) {
      warnings.push({ path, message: `the secret from ${text} is taken as it is${around}` });
    }
    references.set(pathKey(path), text);
    return resolution.text;
  };
  return { value: mapTexts(value, [], replaceText), references, problems, warnings };
}

/** It would stand in logs, metrics and listings, where many programs stop at it. */
const ILL_FORMED = {
  found: 'a text with half of a surrogate pair in it',
  allowed: 'well-formed Unicode',
};

const LITERAL_SECRET = 'a secret stands in the file itself; better: ${file:PATH} or ${env:NAME}';
