import { z } from 'zod';
import { parsedJson } from '../../shared/parsed-json.js';
import { StateError } from '../errors.js';
import { STATE_FORMAT } from '../store.js';
import { DamagedFileError, parseFile, renderFile } from './stored-file.js';

const hex32 = z.string().regex(/^[0-9a-f]{32}$/);

const fieldsSchema = z.strictObject({
  id: hex32,
  /** The store is at this revision, or at that of its newest document. */
  revision: z.int().min(0),
  token: hex32,
  /** The documents that there were, at least: none of them is ever removed. */
  documents: z.int().min(0),
});

/** The identity of a store, and how much of it there was when this was written. */
export type StoreFile = Readonly<z.infer<typeof fieldsSchema>> & {
  /** The store's format. */
  readonly format: number;
};

/** The text of the store's own file. */
export function renderStoreFile({ format, ...fields }: StoreFile): string {
  return renderFile(format, fields);
}

/**
 * Reads the text of the store's own file.
 *
 * @param path for the message
 * @throws StateError `newer-version`, `damaged`
 */
export function parseStoreFile(text: string, path: string): StoreFile {
  const format = formatSchema.safeParse(parsedJson(text)).data?.format;
  if (format !== undefined && format > STATE_FORMAT) {
    throw new StateError(
      'newer-version',
      `${path} has the format ${format}: a newer version of Holdfast has made this state store, ` +
        `and this one knows ${STATE_FORMAT}. Start that version.`,
    );
  }
  try {
    const file = parseFile(text, STATE_FORMAT, fieldsSchema);
    return { format: file.format, ...file.fields };
  } catch (cause) {
    if (!(cause instanceof DamagedFileError)) throw cause;
    throw new StateError(
      'damaged',
      `${path} ${cause.message}. It says which state store this is. Restore it from a backup; ` +
        'if there is none, move it aside and start once with --init state, which gives the ' +
        'documents that are there a store of a new id.',
      { cause },
    );
  }
}

const formatSchema = z.looseObject({ format: z.int() });
