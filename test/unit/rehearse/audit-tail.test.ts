import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { AuditTail } from '../../../src/rehearse/telling/audit-tail.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const line = (kmsRequestId: string, more = ''): string =>
  `${JSON.stringify({ type: 'key-operation', kmsRequestId, more })}\n`;

async function idsIn(tail: AuditTail): Promise<readonly (string | undefined)[]> {
  return (await tail.take()).map(({ kmsRequestId }) => kmsRequestId);
}

it('a log with records → takes those that come afterwards, once', async () => {
  const folder = temporaryFolder();
  const path = join(folder, '000000000000.jsonl');
  writeFileSync(path, line('old', 'x'.repeat(40_000)) + line('old', 'x'.repeat(40_000)));
  const tail = await AuditTail.open(folder);
  expect(await idsIn(tail)).toEqual([]);
  appendFileSync(path, line('a') + line('b'));
  expect(await idsIn(tail)).toEqual(['a', 'b']);
  expect(await idsIn(tail)).toEqual([]);
});

it('a record that is being written → takes it when its line has ended', async () => {
  const folder = temporaryFolder();
  const path = join(folder, '000000000000.jsonl');
  writeFileSync(path, line('old') + line('half').slice(0, 20));
  const tail = await AuditTail.open(folder);
  expect(await idsIn(tail)).toEqual([]);
  appendFileSync(path, line('half').slice(20));
  expect(await idsIn(tail)).toEqual(['half']);
});

it('a new segment → goes on in it', async () => {
  const folder = temporaryFolder();
  const path = join(folder, '000000000000.jsonl');
  writeFileSync(path, line('old'));
  const tail = await AuditTail.open(folder);
  appendFileSync(path, line('a'));
  writeFileSync(join(folder, '000000000002.jsonl'), line('b'));
  expect(await idsIn(tail)).toEqual(['a', 'b']);
});

it('no log in the folder → says so', async () => {
  await expect(AuditTail.open(temporaryFolder())).rejects.toThrow('There is no audit log');
});
