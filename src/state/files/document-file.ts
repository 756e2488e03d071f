import { z } from 'zod';
import type { DocumentName, StoredDocument } from '../store.js';
import { fileNameOf, idOf } from './file-names.js';
import { DamagedFileError, parseFile, renderFile } from './stored-file.js';

/** The format of a document's file around the contents, which have one of their own. */
const FILE_FORMAT = 1;

const fieldsSchema = z.strictObject({
  collection: z.string(),
  id: z.string(),
  revision: z.int().min(1),
  /** Of the revision. The newest document's is the store's place in its history. */
  token: z.string().regex(/^[0-9a-f]{32}$/),
  documentFormat: z.int().min(1),
  /** Null for a document that was removed. */
  contents: z.string().nullable(),
});

/** A document as it lies on disk. */
export interface DocumentFile {
  readonly document: StoredDocument;
  readonly token: string;
}

/** The text of a document's file. */
export function renderDocumentFile({ document, token }: DocumentFile): string {
  const { collection, id, revision, format, contents = null } = document;
  const fields = { collection, id, revision, token, documentFormat: format, contents };
  return renderFile(FILE_FORMAT, fields);
}

/** Reads the text of a document's file, wherever it lies. @throws DamagedFileError */
export function parseDocumentFile(text: string): DocumentFile {
  const { fields } = parseFile(text, FILE_FORMAT, fieldsSchema);
  const { collection, id, revision, token, documentFormat: format } = fields;
  const contents = fields.contents ?? undefined;
  return { document: { collection, id, revision, format, contents }, token };
}

/** Checks that a document lies where it belongs. @throws DamagedFileError */
export function assertPlace({ collection, id }: DocumentName, folder: string, name: string): void {
  if (collection === folder && fileNameOf(id) === name) return;
  throw new DamagedFileError(`is the document ${id} of ${collection}, which belongs elsewhere`);
}

const CLAIMED_ID = /"id":\s*"(?<id>(?:[^"\\]|\\["\\])*)"/;

/** The id of the document that a damaged file was for, as its name or else its contents say. */
export function likelyIdOf(fileName: string, text: string): string {
  const named = idOf(fileName);
  if (named !== undefined) return named;
  const claimed = CLAIMED_ID.exec(text)?.groups?.['id']?.replaceAll(/\\(["\\])/g, '$1');
  return claimed !== undefined && fileNameOf(claimed) === fileName ? claimed : fileName;
}
