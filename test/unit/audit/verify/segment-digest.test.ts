import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestSegment, SegmentDigester } from '../../../../src/audit/verify/segment-digest.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { addRecords, openTestLog, stop } from '../log/log-fixture.js';

describe('SegmentDigester', () => {
  const directory = temporaryFolder(afterAll);
  const path = join(directory, '000000000000.jsonl');
  let bytes: Buffer;

  beforeAll(async () => {
    const { log } = await openTestLog(directory);
    await addRecords(log, 40);
    await stop(log);
    bytes = readFileSync(path);
  });

  function digestOf(parts: readonly Buffer[], first = 0, sizes: readonly number[] = [5, 41]) {
    const digester = new SegmentDigester({ segment: { path, compressed: false, first }, sizes });
    for (const part of parts) digester.add(part);
    return digester.end(0);
  }

  it('lines in one piece, or one by one → the same digest', () => {
    const lines = bytes.toString('latin1').split(/(?<=\n)/);
    const whole = digestOf([bytes]);
    expect(whole).toMatchObject({ records: 42, roots: [{ size: 5 }, { size: 41 }] });
    expect(digestOf(lines.map((line) => Buffer.from(line, 'latin1')))).toEqual(whole);
  });

  it.each([
    [
      'a byte changed',
      (text: string) => text.replace('Zürich', 'Zurich').replace('key-7"', 'key-8"'),
    ],
    ['a line missing', (text: string) => text.split('\n').toSpliced(9, 1).join('\n')],
    ['a line twice', (text: string) => text.replace(/\n(.*)\n/, '\n$1\n$1\n')],
    ['an empty line', (text: string) => `\n${text}`],
    [
      'two lines',
      (text: string) =>
        text
          .split(/(?<=\n)/)
          .slice(0, 2)
          .join(''),
    ],
    ['nothing', () => ''],
  ])('%s → no digest', (_, change) => {
    expect(digestOf([Buffer.from(change(bytes.toString('latin1')), 'latin1')])).toBeUndefined();
  });

  it('a file of another number → no digest', () => {
    expect(digestOf([bytes], 7)).toBeUndefined();
  });

  it('a damaged file → no digest, and every line before the damage was visited', async () => {
    const damaged = join(temporaryFolder(), 'damaged.jsonl');
    writeFileSync(damaged, Buffer.concat([bytes, Buffer.alloc(3_000_000)]));
    const visited: Buffer[] = [];
    const segment = { path: damaged, compressed: false, first: 0 };
    const { digest, visitedBytes } = await digestSegment({ segment, sizes: [] }, (lines) => {
      visited.push(lines);
    });
    expect(digest).toBeUndefined();
    expect(Buffer.concat(visited).equals(bytes)).toBe(true);
    expect(visitedBytes).toBe(bytes.length);
  });
});
