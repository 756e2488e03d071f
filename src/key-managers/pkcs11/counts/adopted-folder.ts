import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ifThere } from '../../../shared/errno.js';
import { parsedJson } from '../../../shared/parsed-json.js';
import type { State } from '../../../state/state.js';
import { KeyManagerError } from '../../backend.js';
import type { CountsFolder } from './folder-counts.js';

const MARK = 'adoption.json';

const hexDigits = z.string().regex(/^[0-9a-f]{32}$/);

const markSchema = z.strictObject({
  format: z.literal(1),
  /** The name of this folder in the state store, random. */
  folder: hexDigits,
  storeId: hexDigits,
  keyManager: z.string(),
  /** `begun`: the folder has counted for the last time, and not all of it is in the store yet. */
  standing: z.enum(['begun', 'adopted']),
});

/** The mark of a folder of counters that a state store takes over. It never counts again. */
export type AdoptionMark = Readonly<z.infer<typeof markSchema>>;

/**
 * Reads a folder's mark.
 *
 * @returns undefined for a folder that counts
 * @throws KeyManagerError `misconfigured` for a mark that this state cannot go on from
 */
export async function readMark(
  directory: string,
  keyManager: string,
  state: State | undefined,
): Promise<AdoptionMark | undefined> {
  const path = join(directory, MARK);
  const text = await ifThere(readFile(path, 'utf8'));
  if (text === undefined) return undefined;
  const mark = markSchema.safeParse(parsedJson(text)).data;
  if (mark === undefined) {
    throw new KeyManagerError(
      'misconfigured',
      `${path} is damaged or made by a newer version of Holdfast. It says that the counters of ` +
        'this folder are in a state store and not to be counted from any more; restore it.',
    );
  }
  if (mark.storeId !== state?.storeId || mark.keyManager !== keyManager) {
    throw new KeyManagerError(
      'misconfigured',
      `the counters in ${directory} were added to the state store ${mark.storeId} for the key ` +
        `manager ${mark.keyManager} and are not counted from again; this start has ` +
        `${state === undefined ? 'no state store' : `the store ${state.storeId}`} and the key ` +
        `manager ${keyManager}.`,
    );
  }
  return mark;
}

/** Tells whether a folder of counters has a mark. */
export async function isMarked(directory: string): Promise<boolean> {
  return (await ifThere(access(join(directory, MARK)).then(() => true))) === true;
}

/** Writes a folder's mark. */
export function writeMark(
  { directory, writeFile }: CountsFolder,
  mark: AdoptionMark,
): Promise<void> {
  return writeFile(join(directory, MARK), `${JSON.stringify(mark)}\n`);
}
