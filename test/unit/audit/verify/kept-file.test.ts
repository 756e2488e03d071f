import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UnreadableError } from '../../../../src/audit/read/unreadable.js';
import { eachKeptNote } from '../../../../src/audit/verify/kept-file.js';
import { signCheckpoint } from '../../../../src/transparency-log/checkpoint.js';
import { NoteError } from '../../../../src/transparency-log/signed-note.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { signer } from '../log/log-fixture.js';

const NOTES = [3, 8].map((size) =>
  signCheckpoint({ origin: signer.verifierKey.name, size, root: `${'A'.repeat(43)}=` }, signer),
);
const TEXT = NOTES.join('');
const SHIPPED = NOTES.map((checkpoint) => JSON.stringify({ checkpoint }));

async function notesIn(text: string) {
  const path = join(temporaryFolder(), 'kept');
  writeFileSync(path, text);
  const notes: string[] = [];
  const damaged = await eachKeptNote(path, (note) => notes.push(note));
  return { notes, damaged };
}

describe('a file of checkpoints that were kept elsewhere', () => {
  it.each([
    ['as the server writes it', TEXT],
    ['with line ends of Windows', TEXT.replaceAll('\n', '\r\n')],
    ['with a byte order mark', `\ufeff${TEXT}`],
    ['with blank lines before, between and behind', `\n\n${NOTES.join('\n\n')}\n\n`],
    ['without its last line feed', TEXT.slice(0, -1)],
    ['as JSON lines', SHIPPED.join('\n')],
    ['as JSON lines among records', ['{"sequence":1}', ...SHIPPED, '{"sequence":9}'].join('\n')],
    [
      'as JSON lines of notes without their last line feed',
      SHIPPED.join('\n').replaceAll('\\n"', '"'),
    ],
  ])('%s → its notes, as they were signed', async (_, text) => {
    expect(await notesIn(text)).toEqual({ notes: NOTES, damaged: 0 });
  });

  it('JSON lines that were cut, or hold no text → counted, and the others read', async () => {
    const [first = '', second = ''] = SHIPPED;
    const text = [first.slice(0, 40), second, '{"checkpoint":7}', '{"a":"checkpoint"}'].join('\n');
    expect(await notesIn(text)).toEqual({ notes: NOTES.slice(1), damaged: 3 });
  });

  it.each([
    ['a signature of nothing', '\u2014 a b\n', NoteError],
    ['a text without an end', 'x\n'.repeat(40_000), NoteError],
    ['a line longer than any', 'x'.repeat(1_100_000), UnreadableError],
  ])('%s → refused', async (_, text, error) => {
    await expect(notesIn(text)).rejects.toThrow(error);
  });

  it('nothing in it → no notes', async () => {
    expect(await notesIn('')).toEqual({ notes: [], damaged: 0 });
  });

  it('no such file → the error of the file system', async () => {
    const missing = join(temporaryFolder(), 'none');
    await expect(eachKeptNote(missing, () => undefined)).rejects.toThrow('ENOENT');
  });
});
