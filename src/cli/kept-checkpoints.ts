import { access, constants, stat } from 'node:fs/promises';
import { errnoOf } from '../shared/errno.js';
import { CliError, EXIT } from './exit.js';

/**
 * The files that `--checkpoint` names, once each is known to be there and readable. A later error
 * would name the log as what cannot be read. Pipes are accepted and not read.
 *
 * @throws CliError that names the first file that cannot be read
 */
export async function keptCheckpoints(given: readonly string[] = []): Promise<readonly string[]> {
  for (const path of given) await assertReadable(path);
  return given;
}

async function assertReadable(path: string): Promise<void> {
  try {
    await access(path, constants.R_OK);
    if (!(await stat(path)).isDirectory()) return;
  } catch (error) {
    if (errnoOf(error) === undefined || !(error instanceof Error)) throw error;
    throw new CliError(EXIT.usage, `--checkpoint ${path} cannot be read: ${error.message}`);
  }
  throw new CliError(EXIT.usage, `--checkpoint ${path} is a folder: name the files in it`);
}
