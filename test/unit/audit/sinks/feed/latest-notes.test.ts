import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { latestNotes, newestNoteSize } from '../../../../../src/audit/sinks/feed/latest-notes.js';
import { temporaryFolder } from '../../../../support/temporary-folder.js';

function note(size: number): string {
  return `log.example/1\n${size}\n${'A'.repeat(43)}=\n\n\u2014 log.example/1 ${'B'.repeat(92)}\n`;
}

/** @param checkpoints text beside the segment that begins with the record */
function logWith(checkpoints: Readonly<Record<number, string>>): string {
  const folder = temporaryFolder();
  for (const [first, text] of Object.entries(checkpoints)) {
    const stem = join(folder, first.padStart(12, '0'));
    writeFileSync(`${stem}.jsonl`, '');
    if (text !== '') writeFileSync(`${stem}.checkpoints`, text);
  }
  return folder;
}

async function sizes(folder: string, after: number, upTo: number): Promise<readonly number[]> {
  const notes = await latestNotes(folder, after, upTo);
  for (const found of notes) expect(found.note).toBe(note(found.size));
  return notes.map(({ size }) => size);
}

describe('latestNotes', () => {
  const folder = () =>
    logWith({ 0: note(3) + note(7) + note(10), 10: note(15), 20: '', 30: note(35) + note(40) });

  it.each([
    ['some of a file', 3, 8, [7]],
    ['the one at the end of a segment', 7, 10, [10]],
    ['all, from the first file that has some', 0, 100, [3, 7, 10]],
    ['the next file', 10, 100, [15]],
    ['past a file that is not there', 15, 100, [35, 40]],
    ['nothing new', 40, 100, []],
    ['nothing yet', 0, 2, []],
  ])('%s', async (_, after, upTo, expected) => {
    expect(await sizes(folder(), after, upTo)).toEqual(expected);
  });

  it('a note that is being written → not yet', async () => {
    const torn = note(20);
    for (const end of [5, 40, torn.length - 30, torn.length - 1]) {
      expect(await sizes(logWith({ 0: note(10) + torn.slice(0, end) }), 0, 100)).toEqual([10]);
      expect(await sizes(logWith({ 0: torn.slice(0, end) }), 0, 100)).toEqual([]);
    }
  });

  it('a file of many → whole notes, the last among them', async () => {
    const all = Array.from({ length: 2_000 }, (_, index) => index + 1);
    const found = await sizes(logWith({ 0: all.map(note).join('') }), 0, 2_000);
    expect(found.length).toBeGreaterThan(200);
    expect(found.length).toBeLessThan(500);
    expect(found).toEqual(all.slice(-found.length));
  });

  it('a file that holds something else → left to whoever verifies the log', async () => {
    const damaged = logWith({ 0: `\u2014 x y\n${note(5)}`, 10: note(15) });
    expect(await sizes(damaged, 0, 100)).toEqual([15]);
  });
});

describe('newestNoteSize', () => {
  it.each([
    ['in the last file', 100, 40],
    ['before a limit', 39, 35],
    ['past a file that is not there', 34, 15],
    ['none', 2, 0],
  ])('%s', async (_, upTo, expected) => {
    const folder = logWith({ 0: note(3), 10: note(15), 20: '', 30: note(35) + note(40) });
    expect(await newestNoteSize(folder, upTo)).toBe(expected);
  });

  it('no log → none', async () => {
    expect(await newestNoteSize(temporaryFolder(), 100)).toBe(0);
  });
});
