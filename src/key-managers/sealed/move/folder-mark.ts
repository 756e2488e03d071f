import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type AtomicWrite, syncFolder } from '../../../durable/atomic-write.js';
import { removeFile, replaceAndOverwrite } from '../../../durable/erase.js';
import { ifThere } from '../../../shared/errno.js';
import { parsedJson } from '../../../shared/parsed-json.js';
import { KeyManagerError } from '../../backend.js';
import { documentNamesIn, LEFT_BEHIND, MOVE_MARK, WRAPPING_KEYS } from '../folder/key-folder.js';

const hexDigits = z.string().regex(/^[0-9a-f]{32}$/);

const markSchema = z.strictObject({
  format: z.literal(1),
  /** `left`: the keys have moved to the state store. `arriving`: not all of them are here yet. */
  kind: z.enum(['left', 'arriving']),
  /** The name of the move, the same on both sides. */
  move: hexDigits,
  storeId: hexDigits,
  /** The name of the state store's place, for people. */
  store: z.string(),
  keyManager: z.string(),
  at: z.iso.datetime(),
});

/** The mark in a folder that keys move out of, or into. */
export type FolderMark = Readonly<z.infer<typeof markSchema>>;

/**
 * Reads a folder's mark.
 *
 * @returns undefined for a folder without one, or one that is not there
 * @throws KeyManagerError `misconfigured` for one that this version cannot read
 */
export async function readFolderMark(directory: string): Promise<FolderMark | undefined> {
  const path = join(directory, MOVE_MARK);
  const text = await ifThere(readFile(path, 'utf8'));
  if (text === undefined) return undefined;
  const mark = markSchema.safeParse(parsedJson(text)).data;
  if (mark !== undefined) return mark;
  throw new KeyManagerError(
    'misconfigured',
    `${path} is damaged or made by a newer version of Holdfast. It says where the keys of this ` +
      'folder have moved, or that not all of them are here; nothing is served from here.',
  );
}

/** Writes a folder's mark. @throws the file system's error */
export function writeFolderMark(
  directory: string,
  mark: FolderMark,
  writeFile: AtomicWrite,
): Promise<void> {
  return writeFile(join(directory, MOVE_MARK), `${JSON.stringify(mark, null, 2)}\n`);
}

/** Removes a folder's mark. @throws the file system's error */
export async function removeFolderMark(directory: string): Promise<void> {
  await rm(join(directory, MOVE_MARK), { force: true });
  await syncFolder(directory);
}

/**
 * Clears up a folder that the keys have left: documents are put out of the way, so that no version
 * of Holdfast serves them, and wrapping keys, which nobody would destroy here later, are erased.
 *
 * @throws the file system's error
 */
export async function clearLeftFolder(directory: string, writeFile: AtomicWrite): Promise<void> {
  await putAside(directory);
  const wrappingKeys = join(directory, WRAPPING_KEYS);
  for (const name of (await ifThere(documentNamesIn(wrappingKeys))) ?? []) {
    const path = join(wrappingKeys, name);
    await replaceAndOverwrite(path, '', writeFile);
    await removeFile(path);
  }
}

async function putAside(directory: string): Promise<void> {
  const names = await documentNamesIn(directory);
  if (names.length === 0) return;
  const aside = join(directory, LEFT_BEHIND);
  await mkdir(aside, { recursive: true, mode: 0o700 });
  for (const name of names) await rename(join(directory, name), join(aside, name));
  for (const folder of [aside, directory]) await syncFolder(folder);
}
