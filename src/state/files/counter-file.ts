import { z } from 'zod';
import { fileNameOf } from './file-names.js';
import { DamagedFileError, parseFile, renderFile } from './stored-file.js';

const FILE_FORMAT = 1;

const fieldsSchema = z.strictObject({
  counter: z.string(),
  /** The next number that the counter hands out. */
  next: z.int().min(0),
});

/** A counter as it lies on disk. */
export type StoredCounter = Readonly<z.infer<typeof fieldsSchema>>;

/** The text of a counter's file. */
export function renderCounterFile(counter: StoredCounter): string {
  return renderFile(FILE_FORMAT, counter);
}

/** Reads the text of a counter's file. @throws DamagedFileError */
export function parseCounterFile(text: string, fileName: string): StoredCounter {
  const { fields } = parseFile(text, FILE_FORMAT, fieldsSchema);
  if (fileNameOf(fields.counter) === fileName) return fields;
  throw new DamagedFileError(`is the counter ${fields.counter}, which belongs elsewhere`);
}
