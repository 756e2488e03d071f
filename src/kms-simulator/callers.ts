import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../durable/atomic-write.js';
import { ifThere } from '../shared/errno.js';
import { type Caller, callerSchema } from './configuration.js';
import { parseDocument } from './state/document.js';

const FILE = 'caller.json';
const SECRET_BYTES = 30;
const ID_LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const ID_CHARACTERS = 16;

/**
 * The one caller of a simulator whose configuration names none: made at the first start, and kept
 * in the state folder, mode 0600.
 *
 * @throws the file system's error, or Error that names a file that is damaged
 */
export async function keptCaller(state: string): Promise<Caller> {
  const path = join(state, FILE);
  const kept = await ifThere(readFile(path, 'utf8'));
  if (kept !== undefined) return parseDocument(path, kept, callerSchema);
  const caller = {
    accessKeyId: `AKIA${letters(ID_CHARACTERS)}`,
    secretAccessKey: randomBytes(SECRET_BYTES).toString('base64'),
    principal: 'arn:aws:iam::111122223333:user/alice',
  };
  await writeFileAtomically(path, JSON.stringify(caller, undefined, 2));
  return caller;
}

function letters(count: number): string {
  return [...randomBytes(count)]
    .map((byte) => ID_LETTERS.charAt(byte % ID_LETTERS.length))
    .join('');
}
