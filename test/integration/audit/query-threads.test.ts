import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { lineOf, operation, writeSegment } from '../../unit/evidence/search/log-folder.js';

const program = join(import.meta.dirname, '../../../dist/cli/main.js');
/** So many segments, of so many records: together more than one thread is for. */
const SEGMENTS = 9;
const RECORDS = 100;
const padding = randomBytes(32_000).toString('base64');

function write(): string {
  const folder = temporaryFolder();
  for (let segment = 0; segment < SEGMENTS; segment += 1) {
    const first = segment * RECORDS;
    const lines = Array.from({ length: RECORDS }, (_, at) =>
      lineOf(operation(first + at, { cause: `case-${at}`, padding })),
    );
    writeSegment(folder, { first, lines, linesInMember: segment < 2 ? 10 : undefined });
  }
  return folder;
}

async function query(folder: string, ...args: readonly string[]) {
  const all = [program, 'audit', 'query', '--log', folder, '--jsonl', ...args];
  const options = { maxBuffer: 2 ** 30 };
  const done = await promisify(execFile)(process.execPath, all, options).then(
    (output) => ({ ...output, code: 0 }),
    (error: unknown) => error as { stdout: string; stderr: string; code: number },
  );
  const lines = done.stdout.split('\n').slice(0, -1);
  const sequences = lines.map((line) => (JSON.parse(line) as { sequence: number }).sequence);
  return { code: done.code, stderr: done.stderr, sequences };
}

describe('holdfast audit query on several threads', () => {
  it('some records of every segment, and all of them → in the order of the log', async () => {
    const folder = write();
    const some = await query(folder, '--where', 'cause=case-7');
    expect(some.sequences).toEqual(Array.from({ length: SEGMENTS }, (_, at) => at * RECORDS + 7));
    const all = await query(folder);
    expect(all.sequences).toEqual(Array.from({ length: SEGMENTS * RECORDS }, (_, at) => at));
    expect([some.code, all.code]).toEqual([0, 0]);
    expect((await query(folder, '--limit', '3')).sequences).toEqual([0, 1, 2]);
  });

  it('segments that are cut off → told, the rest is found, and exit code 1', async () => {
    const folder = write();
    truncateSync(join(folder, '000000000000.jsonl.gz'), 100_000);
    truncateSync(join(folder, '000000000300.jsonl'), 1_000_000);
    const { code, stderr, sequences } = await query(folder, '--where', 'cause=case-99');
    expect(sequences).toEqual([199, 299, 499, 599, 699, 799, 899]);
    expect(stderr).toContain('000000000000.jsonl.gz: is damaged gzip, or was cut off');
    expect(stderr).toContain('000000000300.jsonl: ends with');
    expect(code).toBe(1);
  });
});
