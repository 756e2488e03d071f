import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { LogTail } from '../../../src/audit/read/log-tail.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const line = (kmsRequestId: string, more = ''): string =>
  `${JSON.stringify({ type: 'key-operation', kmsRequestId, more })}\n`;

async function idsIn(tail: LogTail): Promise<readonly string[]> {
  const records = (await tail.take()).map((text) => JSON.parse(text) as { kmsRequestId: string });
  return records.map(({ kmsRequestId }) => kmsRequestId);
}

it('a log with records → takes those that come afterwards, once', async () => {
  const folder = temporaryFolder();
  const path = join(folder, '000000000000.jsonl');
  writeFileSync(path, line('old', 'x'.repeat(40_000)) + line('old', 'x'.repeat(40_000)));
  const tail = await LogTail.open(folder);
  expect(await idsIn(tail)).toEqual([]);
  appendFileSync(path, line('a') + line('b'));
  expect(await idsIn(tail)).toEqual(['a', 'b']);
  expect(await idsIn(tail)).toEqual([]);
});

it('a record that is being written → takes it when its line has ended', async () => {
  const folder = temporaryFolder();
  const path = join(folder, '000000000000.jsonl');
  writeFileSync(path, line('old') + line('half').slice(0, 20));
  const tail = await LogTail.open(folder);
  expect(await idsIn(tail)).toEqual([]);
  appendFileSync(path, line('half').slice(20));
  expect(await idsIn(tail)).toEqual(['half']);
});

it('a new segment → goes on in it', async () => {
  const folder = temporaryFolder();
  const path = join(folder, '000000000000.jsonl');
  writeFileSync(path, line('old'));
  const tail = await LogTail.open(folder);
  appendFileSync(path, line('a'));
  writeFileSync(join(folder, '000000000002.jsonl'), line('b'));
  expect(await idsIn(tail)).toEqual(['a', 'b']);
});

it('no log in the folder → says so', async () => {
  await expect(LogTail.open(temporaryFolder())).rejects.toThrow('There is no audit log');
});

it('a segment that is compressed after its end → its last records, and then those of the next', async () => {
  const folder = temporaryFolder();
  const path = join(folder, '000000000000.jsonl');
  writeFileSync(path, line('old'));
  const tail = await LogTail.open(folder);
  appendFileSync(path, line('a'));
  writeFileSync(`${path}.gz`, gzipSync(readFileSync(path)));
  rmSync(path);
  writeFileSync(join(folder, '000000000002.jsonl'), line('b'));
  expect(await idsIn(tail)).toEqual(['a', 'b']);
  expect(await idsIn(tail)).toEqual([]);
});

it('the file of the next segment is there already, and empty → the segment before goes on', async () => {
  const folder = temporaryFolder();
  const path = join(folder, '000000000000.jsonl');
  writeFileSync(path, line('old'));
  writeFileSync(join(folder, '000000000002.jsonl'), '');
  const tail = await LogTail.open(folder);
  appendFileSync(path, line('a'));
  expect(await idsIn(tail)).toEqual(['a']);
  appendFileSync(path, line('b'));
  writeFileSync(join(folder, '000000000002.jsonl'), line('c'));
  expect(await idsIn(tail)).toEqual(['b', 'c']);
});

it('retention has removed what was not read yet → said, and not skipped', async () => {
  const folder = temporaryFolder();
  const path = join(folder, '000000000000.jsonl');
  writeFileSync(path, line('old'));
  const tail = await LogTail.open(folder);
  rmSync(path);
  writeFileSync(join(folder, '000000000002.jsonl'), line('b'));
  await expect(tail.take()).rejects.toThrow('is gone that was not read yet');
});
