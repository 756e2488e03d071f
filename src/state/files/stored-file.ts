import { createHash } from 'node:crypto';
import { z } from 'zod';
import { parsedJson } from '../../shared/parsed-json.js';

/** A file of the store cannot be trusted. The message says why, for an operator. */
export class DamagedFileError extends Error {
  override readonly name = 'DamagedFileError';
}

/** A file of the store is made by a newer version of Holdfast. */
export class NewerFileError extends DamagedFileError {}

/** Says why a file cannot be used, after its path: it is damaged, or cannot be read. */
export function whyUnusable(error: unknown): string {
  return error instanceof DamagedFileError ? error.message : `cannot be read: ${String(error)}`;
}

const envelopeSchema = z.looseObject({ format: z.int().min(1), sha256: z.string() });

/**
 * The text of a file: a format, fields, and the digest of both, by which a bit that the disk has
 * flipped is noticed. It protects from accidents and from nobody. For people too, so indented.
 */
export function renderFile(format: number, fields: object): string {
  const whole = { format, ...fields };
  return `${JSON.stringify({ ...whole, sha256: digestOf(whole) }, null, 2)}\n`;
}

/**
 * Reads the text of a file, believing nothing.
 *
 * @param newest the newest format that this version reads
 * @throws DamagedFileError
 */
export function parseFile<Fields>(
  text: string,
  newest: number,
  schema: z.ZodType<Fields>,
): { readonly format: number; readonly fields: Fields } {
  const envelope = envelopeSchema.safeParse(parsedJson(text)).data;
  if (envelope === undefined) throw new DamagedFileError('is no file of the state store, or cut');
  const { sha256, ...whole } = envelope;
  if (sha256 !== digestOf(whole)) throw new DamagedFileError('does not have the digest it names');
  const { format, ...fields } = whole;
  if (format > newest) {
    throw new NewerFileError(
      `has the format ${format}, which a newer version of Holdfast has made`,
    );
  }
  const result = schema.safeParse(fields);
  if (result.success) return { format, fields: result.data };
  const wrong = result.error.issues.map(({ path }) => path.map(String).join('.') || 'the whole');
  throw new DamagedFileError(`does not follow its schema: ${[...new Set(wrong)].join(', ')}`);
}

function digestOf(whole: object): string {
  return createHash('sha256').update(JSON.stringify(whole)).digest('hex');
}
