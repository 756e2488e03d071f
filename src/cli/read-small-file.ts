import { createReadStream } from 'node:fs';
import { CliError, EXIT } from './exit.js';

/** More than any record, key or proof has. */
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Reads a text that a command was given by its name: a file, or a pipe of the shell. A device never
 * ends.
 *
 * @throws CliError for one that is too long, or the file system's error
 */
export async function readSmallFile(path: string): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  const file: AsyncIterable<Buffer> = createReadStream(path);
  for await (const part of file) {
    parts.push(part);
    bytes += part.length;
    if (bytes > MAX_BYTES)
      throw new CliError(EXIT.usage, `${path} is too long for what it should be`);
  }
  return Buffer.concat(parts).toString();
}
