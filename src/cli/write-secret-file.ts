import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { isErrno } from '../shared/errno.js';
import { CliError, EXIT } from './exit.js';

/**
 * Writes what holds a secret, with mode 0600. Only ever a new file: the mode of one that exists
 * would stay as wide as it is.
 *
 * @throws CliError when the file exists or cannot be written
 */
export function writeSecretFile(path: string, contents: string | Buffer): void {
  try {
    writeFileSync(path, contents, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if (isErrno(error, 'EEXIST')) {
      throw new CliError(
        EXIT.failed,
        `${path} exists and is left as it is. Remove it, or name another file.`,
      );
    }
    throw new CliError(EXIT.failed, `${path} could not be written.`, { cause: error });
  }
}

/**
 * Makes a folder for files of secrets, mode 0700, where there is none; one that exists stays as it
 * is.
 *
 * @throws CliError when it cannot be made, or is no folder
 */
export function makeSecretFolder(path: string): void {
  try {
    if (statSync(path, { throwIfNoEntry: false }) === undefined) {
      mkdirSync(path, { recursive: true, mode: 0o700 });
    } else if (!statSync(path).isDirectory()) {
      throw new CliError(EXIT.failed, `${path} is no folder. Name another one.`);
    }
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(EXIT.failed, `The folder ${path} could not be made.`, { cause: error });
  }
}
