import { randomBytes } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { SegmentBefore } from '../../../../src/audit/read/segment-times.js';
import type { SearchEvent } from '../../../../src/evidence/search/search-log.js';
import { search } from '../../../../src/evidence/search/search.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { find, linesOf, logFolder } from './find.js';
import { lineOf, operation, timeAt, writeSegment } from './log-folder.js';

describe('search', () => {
  it.each([
    ['a compressed segment', 4],
    ['a plain one', 14],
    ['the one that grows', 24],
  ])('a request id in %s → its record', async (_, sequence) => {
    const folder = logFolder();
    const conditions = { kmsRequestId: `request-${sequence}` };
    expect(await find(folder, conditions)).toEqual({ sequences: [sequence], events: [] });
  });

  it('records that were added → are found, a half-written one is not', async () => {
    const folder = logFolder();
    const [line = '', torn = ''] = linesOf(30, 32);
    appendFileSync(join(folder, '000000000020.jsonl'), `${line}\n${torn.slice(0, -1)}`);
    expect((await find(folder, { kmsRequestId: 'request-3*' })).sequences).toEqual([3, 30]);
  });

  it('a member of a segment that was changed → what is before it is found, and the rest is told', async () => {
    const folder = temporaryFolder();
    const lines = linesOf(0, 12, { padding: randomBytes(40_000).toString('base64') });
    const path = writeSegment(folder, { first: 0, lines, linesInMember: 1 });
    writeSegment(folder, { first: 12, lines: linesOf(12, 13) });
    const bytes = readFileSync(path);
    bytes[bytes.length - 100] = (bytes.at(-100) ?? 0) ^ 0xff;
    writeFileSync(path, bytes);
    const { sequences, events } = await find(folder, { type: 'key-operation' });
    expect(sequences.at(-1)).toBe(12);
    expect(events).toMatchObject([{ kind: 'unreadable', segment: path }]);
  });

  it.each([
    ['cut off', (bytes: Buffer) => bytes.subarray(0, -3)],
    ['followed by something else', (bytes: Buffer) => Buffer.concat([bytes, Buffer.from('x')])],
    ['with a changed checksum', flipTrailer],
    ['cut off in the extra field of its header', cutInExtraField],
  ])('a compressed segment %s → told', async (_, change) => {
    const folder = logFolder();
    const path = join(folder, '000000000000.jsonl.gz');
    writeFileSync(path, change(readFileSync(path)));
    const { sequences, events } = await find(folder, { kmsRequestId: 'request-15' });
    expect(sequences).toEqual([15]);
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
  });

  it('lines that are no records → counted', async () => {
    const folder = temporaryFolder();
    const path = writeSegment(folder, {
      first: 0,
      lines: ['{"no":"record"}', 'nothing', ...linesOf(0, 2)],
    });
    writeSegment(folder, { first: 2, lines: linesOf(2, 3) });
    const told = { kind: 'not-records', segment: path, count: 2 };
    const { sequences, events } = await find(folder, { result: '*' });
    expect(sequences).toEqual([0, 1, 2]);
    expect(events).toEqual([told]);
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
        threads: 1,
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

  it('the folder of an index of an earlier version → what it says is not used', async () => {
    const folder = logFolder();
    mkdirSync(join(folder, 'index'));
    writeFileSync(join(folder, 'index', '000000000000.index'), 'HFAUDIX\n');
    expect(await find(folder, { kmsRequestId: 'request-4' })).toEqual({
      sequences: [4],
      events: [],
    });
  });

  describe('three segments of an hour each, and a period in the second', () => {
    const fromMs = Date.parse(timeAt(5000));
    const toMs = Date.parse(timeAt(5200));

    /** The first segment is told of when it is read. */
    async function searchIn(folder: string, period: object = { fromMs, toMs }) {
      writeSegment(folder, { first: 0, lines: ['{"damaged":true}'], linesInMember: 1 });
      const { sequences, events } = await find(folder, {}, period);
      return { sequences, isFirstRead: events.some(({ kind }) => kind === 'unreadable') };
    }

    it('their heads say when the records before them were made → the first is not read', async () => {
      const folder = hours({ earliest: timeAt(0), latest: timeAt(2) });
      expect(await searchIn(folder)).toEqual({ sequences: [4], isFirstRead: false });
    });

    it('no period → all are read', async () => {
      const folder = hours({ earliest: timeAt(0), latest: timeAt(2) });
      expect((await searchIn(folder, {})).isFirstRead).toBe(true);
    });

    it.each([
      ['a record of the first has a time in the period', { latest: timeAt(5100) }],
      ['the last record of the first is at its beginning', { latest: timeAt(5000) }],
      ['their heads say nothing of it, as in logs of 0.1', undefined],
      ['their heads speak of another segment than the one before', { firstSequence: 1 }],
    ])('%s → the first is read', async (_, told) => {
      const folder = hours(told && { earliest: timeAt(0), latest: timeAt(2), ...told });
      expect(await searchIn(folder)).toEqual({ sequences: [4], isFirstRead: true });
    });

    it('all records of the first come after the period → it is not read', async () => {
      const folder = hours({ earliest: timeAt(5200), latest: timeAt(5300) });
      expect((await searchIn(folder)).isFirstRead).toBe(false);
    });

    it.each([
      ['begins no segment', ['"type":"segment"', '"type":"other"'] as const],
      ['has another number', ['"sequence":3', '"sequence":4'] as const],
    ])('the head of the second %s → the first is read', async (_, [from, to]) => {
      const folder = hours({ earliest: timeAt(0), latest: timeAt(2) });
      const path = join(folder, '000000000003.jsonl');
      writeFileSync(path, readFileSync(path, 'utf8').replace(from, to));
      expect((await searchIn(folder)).isFirstRead).toBe(true);
    });
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

/** @param told what the head of the second says of the first */
function hours(told: Partial<SegmentBefore> | undefined): string {
  const folder = temporaryFolder();
  const head = (sequence: number, time: number, before: object | undefined): string =>
    lineOf({
      ...{ schema: 1, sequence, previous: 'A'.repeat(43) + '=', time: timeAt(time) },
      ...{ replica: 'a', type: 'segment', origin: 'log.example/a', publicKey: 'k' },
      frontier: Array.from(sequence.toString(2).replaceAll('0', ''), () => 'A'.repeat(43) + '='),
      ...(before !== undefined && { segmentBefore: before }),
    });
  const at = (sequence: number, time: number): string =>
    lineOf(operation(sequence, { time: timeAt(time) }));
  const second = told && { firstSequence: 0, ...told };
  const third = { firstSequence: 3, earliest: timeAt(3600), latest: timeAt(5100) };
  writeSegment(folder, { first: 3, lines: [head(3, 3600, second), at(4, 5100)] });
  writeSegment(folder, { first: 5, lines: [head(5, 7200, third), at(6, 9000)] });
  return folder;
}

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
