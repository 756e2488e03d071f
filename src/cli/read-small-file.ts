import { createReadStream } from 'node:fs';
import { errnoOf } from '../shared/errno.js';
import { CliError, EXIT } from './exit.js';

/** More than any record, key or proof has. */
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Reads a text that a command was given by its name.
 *
 * @throws CliError for one that is too long, or the file system's error
 */
export async function readSmallFile(path: string): Promise<string> {
  return (await readSmallBytes(path)).toString();
}

/**
 * Reads what a command was given by its name: a file, or a pipe of the shell. A device never ends.
 *
 * @throws CliError for one that is too long, or the file system's error
 */
async function readSmallBytes(path: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  const file: AsyncIterable<Buffer> = createReadStream(path);
  for await (const part of file) {
    parts.push(part);
    bytes += part.length;
    if (bytes > MAX_BYTES)
      throw new CliError(EXIT.usage, `${path} is too long for what it should be`);
  }
  return Buffer.concat(parts);
}

/**
 * Reads a file that the command line names, which has to be there.
 *
 * @param what the thing that should be in it, for the message: `the import token`
 * @throws CliError that names the file and says what is wrong with it
 */
export async function readNamedFile(path: string, what: string): Promise<Buffer> {
  try {
    return await readSmallBytes(path);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    const reason = REASONS.get(errno) ?? `the system says ${errno}`;
    const message = `${what} cannot be read from ${path}: ${reason}.`;
    throw new CliError(EXIT.usage, message, { cause: error });
  }
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such file'],
  ['ENOTDIR', 'there is no such file'],
  ['EISDIR', 'it is a folder'],
  ['EACCES', 'this user may not read it'],
]);
