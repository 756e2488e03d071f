import { z } from 'zod';
import { parsedJson } from '../../shared/parsed-json.js';

/**
 * Reads a document of the state folder, which may hold keys and secrets: an error names the file
 * and the place in it, and has no cause, as the errors of JSON.parse quote what they have read.
 *
 * @throws Error for what is no document of this kind
 */
export function parseDocument<Document>(
  path: string,
  contents: string,
  schema: z.ZodType<Document>,
): Document {
  const { success, data, error } = schema.safeParse(parsedJson(contents));
  if (success) return data;
  throw new Error(
    `${path} is damaged, or of another version of the simulator: ${z.prettifyError(error)}`,
  );
}
