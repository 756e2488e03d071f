import { z } from 'zod';
import type { StoredUses } from '../store.js';
import { assertPlace } from './document-file.js';
import { parseFile, renderFile } from './stored-file.js';

/** The format of the file around the contents, which have one of their own. */
const FILE_FORMAT = 1;

const fieldsSchema = z.strictObject({
  collection: z.string(),
  id: z.string(),
  token: z.string().regex(/^[0-9a-f]{32}$/),
  usesFormat: z.int().min(1),
  contents: z.string(),
});

/** The text of a file of uses. */
export function renderUsesFile({ collection, id, token, format, contents }: StoredUses): string {
  return renderFile(FILE_FORMAT, { collection, id, token, usesFormat: format, contents });
}

/** Reads the text of a file of uses. @throws DamagedFileError also for one that lies elsewhere */
export function parseUsesFile(text: string, folder: string, name: string): StoredUses {
  const { fields } = parseFile(text, FILE_FORMAT, fieldsSchema);
  assertPlace(fields, folder, name);
  const { usesFormat: format, ...rest } = fields;
  return { ...rest, format };
}
