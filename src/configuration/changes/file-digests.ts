import { createHash } from 'node:crypto';
import { errnoOf } from '../../shared/errno.js';
import { readFileSync, realpathSync, statSync } from 'node:fs';

/** A larger file is no certificate, key or secret; the configuration's check says so. */
const MAX_BYTES = 1024 * 1024;

/** Digests of files by their absolute paths; of one that cannot be read, the reason. */
export type FileDigests = ReadonlyMap<string, string>;

/** Reads files, through whatever links lead to them now. */
export function digestsOf(files: readonly string[]): FileDigests {
  return new Map(files.map((file) => [file, digestOf(file)]));
}

/** The files that have other digests, or that only one of the two has. */
export function changedFiles(before: FileDigests, after: FileDigests): readonly string[] {
  const files = new Set([...before.keys(), ...after.keys()]);
  return [...files].filter((file) => before.get(file) !== after.get(file));
}

function digestOf(file: string): string {
  try {
    // A volume of Kubernetes is swapped by a link: this is the file of one moment.
    const real = realpathSync(file);
    const stats = statSync(real);
    if (!stats.isFile() || stats.size > MAX_BYTES) return 'no file of this size';
    return createHash('sha256').update(readFileSync(real)).digest('hex');
  } catch (error) {
    return errnoOf(error) ?? 'unreadable';
  }
}
