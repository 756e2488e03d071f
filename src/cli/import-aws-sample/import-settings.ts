import { parse, TomlError } from 'smol-toml';
import { SchemaOutline } from '../../configuration/reading/outline.js';
import {
  ConfigurationError,
  type ConfigurationProblem,
} from '../../configuration/reading/problem.js';
import type { ResolvedValue } from '../../configuration/reading/resolve-references.js';
import { validate } from '../../configuration/reading/validate.js';
import { crossCheck } from '../../configuration/cross-checks.js';
import { configurationOutline, configurationSchema } from '../../configuration/schema.js';
import { convert, type ImportedSecret, type Refer } from './convert.js';
import { type ImportNote, notesOn } from './notes.js';
import { findRefusals } from './refusals.js';
import { type ImportChoices, type SampleSettings, sampleSettingsSchema } from './settings.js';

/** The result of an import: a configuration, its secrets and notes. */
export interface ImportedConfiguration {
  /** As it is to be written; secrets are referred to. */
  readonly configuration: object;
  /** The secrets that the configuration refers to. */
  readonly secrets: readonly ImportedSecret[];
  readonly notes: readonly ImportNote[];
}

/**
 * Turns the settings of AWS's sample proxy into a configuration. Everything in them is carried
 * over, told of in a note, or refused.
 *
 * @param file name of the settings, for messages
 * @param refer what stands in the configuration for a secret
 * @throws ConfigurationError with everything that is wrong or cannot be carried over
 */
export function importSettings(
  { file, text }: { readonly file: string; readonly text: string },
  choices: ImportChoices,
  refer: Refer,
): ImportedConfiguration {
  const settings = readSettings(file, text);
  const refusals = findRefusals(settings, choices);
  if (refusals.length > 0) throw new ConfigurationError(file, refusals);
  assertTaken(file, settings, choices);

  const secrets: ImportedSecret[] = [];
  const configuration = convert(settings, choices, (secret) => {
    secrets.push(secret);
    return refer(secret);
  });
  return { configuration, secrets, notes: notesOn(settings) };
}

function readSettings(file: string, text: string): SampleSettings {
  const outline = new SchemaOutline(sampleSettingsSchema);
  const validation = validate(sampleSettingsSchema, literal(parseToml(file, text)), outline);
  if ('problems' in validation) throw new ConfigurationError(file, validation.problems);
  return validation.data;
}

/** The library's own messages quote the text, secrets included. */
function parseToml(file: string, text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const { line, column } = error;
    const problem: ConfigurationProblem = {
      path: [],
      found: 'what is no TOML',
      allowed: 'TOML 1.0, as AWS’s sample proxy reads it',
      position: { line, column },
    };
    throw new ConfigurationError(file, [problem]);
  }
}

/** Checks the text with its secrets in place, so that no invalid configuration is printed. */
function assertTaken(file: string, settings: SampleSettings, choices: ImportChoices): void {
  const converted = literal(convert(settings, choices, ({ secret }) => secret.reveal()));
  const validation = validate(configurationSchema, converted, configurationOutline);
  const problems = [
    ...('problems' in validation ? validation.problems : []),
    ...crossCheck(converted),
  ];
  if (problems.length > 0) {
    throw new ConfigurationError(`${file}, as a configuration of Holdfast`, problems);
  }
}

function literal(value: unknown): ResolvedValue {
  return { value, references: new Map(), problems: [], warnings: [] };
}
