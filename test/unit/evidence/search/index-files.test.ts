import {
  chmodSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { prepareIndexes } from '../../../../src/evidence/search/search.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';
import { find, indexFile, linesOf, logFolder } from './find.js';
import { writeSegment } from './log-folder.js';

const HOUR_MS = 3_600_000;

type Head = Record<string, object | number>;

/** Changes one index after it was made. Searches find the same as before, and it is made anew. */
async function expectMadeAnew(change: (contents: Buffer, path: string) => Buffer): Promise<void> {
  const folder = logFolder();
  await find(folder, { type: 'start' });
  const path = indexFile(folder, 10);
  const intact = readFileSync(path);
  // Not cut to its new length: what stands behind it stays.
  writeFileSync(path, change(intact, path), { flag: 'r+' });
  const { sequences, events } = await find(folder, { kmsRequestId: 'request-15' });
  expect(sequences).toEqual([15]);
  expect(events.map(({ kind }) => kind)).toEqual(['indexing', 'indexed']);
  expect(readFileSync(path)).toEqual(intact);
}

/** An index with another head, whose checksum fits. */
function withHead(contents: Buffer, changes: Head): Buffer {
  const bodyAt = 32 + contents.readUInt32LE(12);
  const head = JSON.parse(contents.toString('utf8', 32, bodyAt)) as Head;
  for (const [field, change] of Object.entries(changes)) {
    const before = head[field];
    head[field] =
      typeof change === 'object' && typeof before === 'object' ? { ...before, ...change } : change;
  }
  const bytes = Buffer.from(JSON.stringify(head));
  const preamble = Buffer.from(contents.subarray(0, 32));
  preamble.writeUInt32LE(bytes.length, 12);
  preamble.writeUInt32LE(crc32(bytes), 16);
  return Buffer.concat([preamble, bytes, contents.subarray(bodyAt)]);
}

/** An index with another first block, whose checksum fits. */
function withBlock(contents: Buffer, change: (block: Buffer) => void): Buffer {
  const changed = Buffer.from(contents);
  const bodyAt = 32 + contents.readUInt32LE(12);
  const { blocks } = JSON.parse(contents.toString('utf8', 32, bodyAt)) as {
    readonly blocks: { readonly offset: number; readonly length: number };
  };
  const start = bodyAt + blocks.offset;
  const section = changed.subarray(start, start + blocks.length);
  change(section);
  return withHead(changed, { blocks: { crc: crc32(section) } });
}

describe('the index of a search', () => {
  it('closed segments → an index each, for nobody else to read', async () => {
    const folder = logFolder();
    const { events } = await find(folder, { kmsRequestId: 'x' });
    expect(events.map(({ kind }) => kind)).toEqual(['indexing', 'indexed']);
    expect(readdirSync(join(folder, 'index'))).toHaveLength(2);
    expect(statSync(indexFile(folder, 0)).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'index')).mode & 0o777).toBe(0o700);
  });

  it('a segment that was compressed after it had been indexed → a new index', async () => {
    const folder = logFolder();
    await find(folder, { type: 'start' });
    writeSegment(folder, { first: 10, lines: linesOf(10, 20), linesInMember: 2 });
    const { sequences, events } = await find(folder, { kmsRequestId: 'request-15' });
    expect(sequences).toEqual([15]);
    expect(events).toContainEqual({ kind: 'indexed', log: folder, segments: 1 });
  });

  it.each([
    ['another size', linesOf(10, 20, { result: 'failure' })],
    ['the same size', linesOf(10, 20, { externalKeyId: 'payrolx' })],
  ])('a segment with other contents of %s → a new index', async (_, lines) => {
    const folder = logFolder();
    await find(folder, { type: 'start' });
    const path = writeSegment(folder, { first: 10, lines });
    utimesSync(path, 1, 1);
    const wanted = { ...(JSON.parse(lines[0] ?? '') as Record<string, string>) };
    const { sequences } = await find(folder, {
      externalKeyId: wanted['externalKeyId'] ?? '',
      kmsRequestId: 'request-10',
    });
    expect(sequences).toEqual([10]);
  });

  it('a copy, with another time → the same index, which remembers the time', async () => {
    const folder = logFolder();
    await find(folder, { type: 'start' });
    utimesSync(join(folder, '000000000010.jsonl'), 1, 1);
    const before = readFileSync(indexFile(folder, 10));
    expect(await find(folder, { kmsRequestId: 'request-15' })).toEqual({
      sequences: [15],
      events: [],
    });
    const after = readFileSync(indexFile(folder, 10));
    expect(after.readBigInt64LE(24)).toBe(1_000_000_000n);
    expect(after.subarray(32)).toEqual(before.subarray(32));
  });

  it('any damage to an index → nothing is missed, and the index is made anew', async () => {
    const folder = logFolder();
    await find(folder, { type: 'start' });
    const path = indexFile(folder, 10);
    const intact = readFileSync(path);
    const offsets = Array.from({ length: intact.length }, (_, at) => at).filter(
      // All of the preamble, and a sample of the rest.
      (at) => at < 48 || at % 41 === 0,
    );
    for (const offset of offsets) {
      const damaged = Buffer.from(intact);
      damaged[offset] = (damaged[offset] ?? 0) ^ 0x11;
      writeFileSync(path, damaged);
      const { sequences } = await find(folder, { kmsRequestId: 'request-1*', result: 'success' });
      expect(sequences).toEqual([1, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
    }
  });

  it.each([0, 5, 31, 32, 600, 2000])(
    'an index cut off after %i bytes → made anew',
    async (length) => {
      const folder = logFolder();
      await find(folder, { type: 'start' });
      const intact = readFileSync(indexFile(folder, 10));
      truncateSync(indexFile(folder, 10), length);
      const { sequences, events } = await find(folder, { kmsRequestId: 'request-15' });
      expect(sequences).toEqual([15]);
      expect(events).toContainEqual({ kind: 'indexed', log: folder, segments: 1 });
      expect(readFileSync(indexFile(folder, 10))).toEqual(intact);
    },
  );

  it.each([
    ['blocks longer than the file', { blocks: { length: 100_000 } }],
    ['blocks of 2 GiB', { blocks: { length: 2 ** 31 } }],
    ['blocks longer than any buffer', { blocks: { length: Number.MAX_SAFE_INTEGER } }],
    ['blocks far behind the end', { blocks: { offset: Number.MAX_SAFE_INTEGER } }],
    ['a table that ends behind the end', { buckets: { length: 2 ** 40 } }],
    ['terms far behind the end', { postings: { offset: 2 ** 50 } }],
    ['more records than there can be', { records: 2 ** 45 }],
    ['more records than its blocks have', { records: 11 }],
  ])('an index with %s, and a checksum that fits → made anew', async (_, changes) => {
    await expectMadeAnew((contents) => withHead(contents, changes));
  });

  it.each([
    ['that begins before the segment', 0, -1],
    ['that begins behind the segment', 0, 2 ** 52],
    ['that begins nowhere', 0, Number.NaN],
    ['that begins within a byte', 0, 0.5],
    ['of 4 GiB', 8, 2 ** 32 - 1],
    ['of nothing', 8, 0],
    ['of another number of records', 12, 9],
  ])('an index with a block %s, and a checksum that fits → made anew', async (_, at, value) => {
    await expectMadeAnew((contents) =>
      withBlock(contents, (block) => {
        if (at === 0) block.writeDoubleLE(value, at);
        else block.writeUInt32LE(value, at);
      }),
    );
  });

  it('an index larger than any → made anew', async () => {
    await expectMadeAnew((contents, path) => {
      truncateSync(path, 3 * 2 ** 30);
      return withHead(contents, { blocks: { length: 2 ** 31 } });
    });
  });

  it('an index of another version → made anew', async () => {
    const folder = logFolder();
    await find(folder, { type: 'start' });
    const other = readFileSync(indexFile(folder, 10));
    other.writeUInt32LE(99, 8);
    writeFileSync(indexFile(folder, 10), other);
    expect((await find(folder, { kmsRequestId: 'request-15' })).sequences).toEqual([15]);
    expect(readFileSync(indexFile(folder, 10)).readUInt32LE(8)).toBe(1);
  });

  it('a folder where no index can be made → all is read, and that is said once', async () => {
    const folder = logFolder();
    writeFileSync(join(folder, 'index'), 'in the way');
    expect(await find(folder, { kmsRequestId: 'request-1*' })).toEqual({
      sequences: [1, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19],
      events: [{ kind: 'no-index', log: folder, reason: 'EEXIST' }],
    });
  });

  it('an index directory → nothing is written to the log, and logs do not mix', async () => {
    const [a, b, indexDirectory] = [logFolder(), logFolder(), temporaryFolder()];
    chmodSync(a, 0o500);
    for (const log of [a, b]) {
      expect((await find(log, { sequence: '15' }, { indexDirectory })).sequences).toEqual([15]);
      expect(readdirSync(log)).not.toContain('index');
    }
    expect(readdirSync(indexDirectory)).toHaveLength(2);
  });

  it('ignore → an index is neither believed nor made', async () => {
    const folder = logFolder();
    const conditions = { kmsRequestId: 'request-15' };
    expect(await find(folder, conditions, { index: 'ignore' })).toEqual({
      sequences: [15],
      events: [],
    });
    expect(readdirSync(folder)).not.toContain('index');
  });

  it('rebuild → even an index that seems right is made anew, and leftovers go', async () => {
    const folder = logFolder();
    await find(folder, { type: 'start' });
    const intact = readFileSync(indexFile(folder, 10));
    const [old, fresh] = ['0.index.a.tmp', '0.index.b.tmp'].map((name) =>
      join(folder, 'index', name),
    );
    for (const path of [indexFile(folder, 7), old ?? '', fresh ?? '']) writeFileSync(path, '');
    utimesSync(old ?? '', 1, (Date.now() - 2 * HOUR_MS) / 1000);
    writeFileSync(indexFile(folder, 10), 'nonsense');
    const options = {
      index: 'rebuild',
      indexDirectory: undefined,
      nowMs: Date.now(),
      notify: () => undefined,
    } as const;
    await prepareIndexes([folder], options);
    expect(readFileSync(indexFile(folder, 10))).toEqual(intact);
    expect(readdirSync(join(folder, 'index'))).toEqual([
      '0.index.b.tmp',
      '000000000000.index',
      '000000000010.index',
    ]);
  });
});
