import {
  appendFileSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { SearchEvent } from '../../../../src/evidence/search/event.js';
import { search } from '../../../../src/evidence/search/search.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { find, linesOf, logFolder } from './find.js';
import { lineOf, operation, timeAt, writeSegment } from './log-folder.js';

describe('search', () => {
  it.each([
    ['a compressed segment', 4],
    ['a plain one', 14],
    ['the one that grows', 24],
  ])('a request id in %s → its record, whether the index is new or there', async (_, sequence) => {
    const folder = logFolder();
    const conditions = { kmsRequestId: `request-${sequence}` };
    expect((await find(folder, conditions)).sequences).toEqual([sequence]);
    expect(await find(folder, conditions)).toEqual({ sequences: [sequence], events: [] });
  });

  it('records that were added after the first search → are found, a half-written one is not', async () => {
    const folder = logFolder();
    await find(folder, { type: 'key-operation' });
    const [line = '', torn = ''] = linesOf(30, 32);
    appendFileSync(join(folder, '000000000020.jsonl'), `${line}\n${torn.slice(0, -1)}`);
    expect((await find(folder, { kmsRequestId: 'request-3*' })).sequences).toEqual([3, 30]);
  });

  it('a member of a segment that was changed → what can be read is found, and the rest is told', async () => {
    const folder = temporaryFolder();
    const padding = 'p'.repeat(50_000);
    const path = writeSegment(folder, {
      first: 0,
      lines: linesOf(0, 12, { padding }),
      linesInMember: 3,
    });
    writeSegment(folder, { first: 12, lines: linesOf(12, 13) });
    utimesSync(path, 1, 1);
    await find(folder, { type: 'start' });
    const bytes = readFileSync(path);
    bytes[bytes.length >> 3] = 0xff;
    writeFileSync(path, bytes);
    utimesSync(path, 1, 1);
    const { sequences, events } = await find(folder, { type: 'key-operation' });
    expect(sequences).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(events).toMatchObject([{ kind: 'unreadable', segment: path }]);
  });

  it.each([
    ['cut off', (bytes: Buffer) => bytes.subarray(0, -3)],
    ['followed by something else', (bytes: Buffer) => Buffer.concat([bytes, Buffer.from('x')])],
    ['with a changed checksum', flipTrailer],
    ['cut off in the extra field of its header', cutInExtraField],
  ])('a compressed segment %s, without an index → told', async (_, change) => {
    const folder = logFolder();
    const path = join(folder, '000000000000.jsonl.gz');
    writeFileSync(path, change(readFileSync(path)));
    const { sequences, events } = await find(folder, { kmsRequestId: 'request-15' });
    expect(sequences).toEqual([15]);
    expect(events).toContainEqual(expect.objectContaining({ kind: 'unreadable', segment: path }));
  });

  // Sparse, so that it takes no room.
  it('a segment of 2 GiB, which Node cannot read at once → told, and all that is text is searched', async () => {
    const folder = logFolder();
    const path = join(folder, '000000000000.jsonl.gz');
    truncateSync(path, 2 ** 31);
    const { sequences, events } = await find(folder, { type: 'key-operation' });
    expect(sequences).toEqual(Array.from({ length: 30 }, (_, at) => at));
    expect(events).toContainEqual(expect.objectContaining({ kind: 'unreadable', segment: path }));
  });

  it('gzip as other programs write it, with a name and in one member → read', async () => {
    const folder = logFolder();
    const path = join(folder, '000000000000.jsonl.gz');
    const zipped = gzipSync(linesOf(0, 10).join('\n') + '\n');
    const named = Buffer.concat([
      zipped.subarray(0, 10),
      Buffer.from('a.jsonl\0'),
      zipped.subarray(10),
    ]);
    named[3] = 8;
    writeFileSync(path, named);
    expect((await find(folder, { kmsRequestId: 'request-4' })).sequences).toEqual([4]);
    expect((await find(folder, { kmsRequestId: 'request-4' })).sequences).toEqual([4]);
  });

  it('lines that are no records → counted, with an index and without', async () => {
    const folder = temporaryFolder();
    const path = writeSegment(folder, {
      first: 0,
      lines: ['{"no":"record"}', 'nothing', ...linesOf(0, 2)],
    });
    writeSegment(folder, { first: 2, lines: linesOf(2, 3) });
    const told = { kind: 'not-records', segment: path, count: 2 };
    for (const index of ['ignore', 'use', 'use'] as const) {
      const { sequences, events } = await find(folder, { result: '*' }, { index });
      expect(sequences).toEqual([0, 1, 2]);
      expect(events).toContainEqual(told);
    }
  });

  it('a line nested without end → what is deep in it is not looked at', async () => {
    const folder = temporaryFolder();
    const deep = `${'['.repeat(50_000)}"deep"${']'.repeat(50_000)}`;
    const line = lineOf(operation(0, { cause: 'x' })).replace('"x"', deep);
    writeSegment(folder, { first: 0, lines: [line] });
    expect((await find(folder, { kmsRequestId: 'request-0' })).sequences).toEqual([0]);
    expect((await find(folder, { cause: 'deep' })).sequences).toEqual([]);
  });

  it('a segment that was removed since the folder was listed → told', async () => {
    const folder = logFolder();
    const found = search(
      [folder],
      { conditions: [], fromMs: undefined, toMs: undefined },
      {
        index: 'ignore',
        indexDirectory: undefined,
        nowMs: 0,
        notify: (event) => events.push(event),
      },
    );
    const events: SearchEvent[] = [];
    await found.next();
    rmSync(join(folder, '000000000010.jsonl'));
    const rest = [];
    for await (const { record } of found) rest.push(record.sequence);
    expect(rest).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29]);
    expect(events).toMatchObject([{ kind: 'unreadable' }]);
  });

  it('several logs → by time, each in its own order', async () => {
    const [a, b] = [temporaryFolder(), temporaryFolder()];
    const at = (sequence: number, time: number): string =>
      lineOf(operation(sequence, { time: timeAt(time) }));
    writeSegment(a, { first: 0, lines: [at(0, 1), at(1, 5), at(2, 3), at(3, 9)] });
    writeSegment(b, { first: 10, lines: [at(10, 2), at(11, 4), at(12, 6)] });
    expect((await find([a, b], {})).sequences).toEqual([0, 10, 11, 1, 2, 12, 3]);
  });
});

function cutInExtraField(bytes: Buffer): Buffer {
  const cut = Buffer.from(bytes.subarray(0, 11));
  cut[3] = 4;
  return cut;
}

function flipTrailer(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  const at = changed.length - 6;
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
}
