import { errnoOf, isErrno } from '../shared/errno.js';
import { NoteError, parseVerifierKey, type VerifierKey } from '../transparency-log/signed-note.js';
import { CliError, EXIT } from './exit.js';
import { readSmallFile } from './read-small-file.js';

/**
 * Verifier keys as they are given to a command: each as text, or as a file with one on each line.
 *
 * @throws CliError for what is neither
 */
export async function verifierKeys(
  given: readonly string[],
): Promise<[VerifierKey, ...VerifierKey[]]> {
  const texts = await Promise.all(given.map(textsOf));
  const [first, ...others] = texts.flat().map(parse);
  if (first === undefined) throw new CliError(EXIT.usage, 'no public key is given');
  return [first, ...others];
}

/** A text that should be a key. */
interface KeyText {
  readonly text: string;
  /**
   * Its place, for an error; never the contents of a file, which may be another one with a secret.
   */
  readonly place: string;
}

async function textsOf(given: string): Promise<readonly KeyText[]> {
  try {
    const lines = (await readSmallFile(given)).split('\n');
    return lines.flatMap((text, index) =>
      text.trim() === '' ? [] : [{ text, place: `${given}, line ${String(index + 1)}` }],
    );
  } catch (error) {
    // A key is hardly ever the name of a file, and a file's name is never a key.
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ENAMETOOLONG')) {
      return [{ text: given, place: `${given} is no file, and` }];
    }
    if (errnoOf(error) === undefined || !(error instanceof Error)) throw error;
    throw new CliError(EXIT.usage, `the public key cannot be read: ${error.message}`);
  }
}

function parse({ text, place }: KeyText): VerifierKey {
  try {
    return parseVerifierKey(text.trim());
  } catch (error) {
    if (!(error instanceof NoteError)) throw error;
    throw new CliError(EXIT.usage, `${place}: ${error.message}`);
  }
}
