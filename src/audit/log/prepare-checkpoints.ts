import { createHash } from 'node:crypto';
import { readFile, rename, truncate } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { syncFolder } from '../../durable/atomic-write.js';
import type { VerifierKey } from '../../transparency-log/signed-note.js';
import { genuineCheckpoint, readNotes } from '../read/notes.js';
import type { RecordOf } from '../record/index.js';
import { sizeOf } from './append-only-file.js';

/** A file that was put aside because it is not what the server writes. */
export type SetAside = NonNullable<RecordOf<'recovery'>['setAside']>[number];

/**
 * Makes a file of checkpoints one that can be added to: a note that a crash has left in the middle
 * is cut off. A file that holds anything else is evidence: it is renamed and stays as it is.
 *
 * @returns what was put aside
 * @throws UnreadableError, or the file system's error
 */
export async function prepareCheckpoints(
  path: string,
  key: VerifierKey,
): Promise<SetAside | undefined> {
  const { notes, wholeBytes } = await readNotes(path, key.name);
  if (wholeBytes === undefined) {
    const sizes = notes.flatMap((note) => genuineCheckpoint(note, key)?.size ?? []);
    return { ...(await setAside(path, await readFile(path))), sizes };
  }
  if (wholeBytes < (await sizeOf(path))) await truncate(path, wholeBytes);
  return undefined;
}

/** Renames a file, beside where it was and with its mode. */
export async function setAside(path: string, bytes: Buffer): Promise<SetAside> {
  const sha256 = createHash('sha256').update(bytes).digest();
  const aside = `${path}.set-aside-${sha256.toString('hex', 0, 4)}`;
  await rename(path, aside);
  await syncFolder(join(path, '..'));
  return { file: basename(aside), bytes: bytes.length, sha256: sha256.toString('base64') };
}
