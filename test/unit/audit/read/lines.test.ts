import { readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { splitLines, wholeLines } from '../../../../src/audit/read/line-chunks.js';
import { firstLine, lineChunks } from '../../../../src/audit/read/lines.js';
import { LogFolder } from '../../../../src/audit/read/log-folder.js';
import { type Segment, segmentPath } from '../../../../src/audit/read/segments.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const TEXT = 'first\n\nthird\n';
const LINES = ['first', '', 'third'];

/** A log of one segment, as a reader finds it in the folder. */
async function listedSegment(text: string | Buffer): Promise<Segment> {
  const folder = temporaryFolder();
  writeFileSync(segmentPath(folder, 0), text);
  const [segment] = (await LogFolder.list(folder)).segments;
  if (segment === undefined) throw new Error('the segment is not listed');
  return segment;
}

/** What the server does to a segment that was closed some time ago. */
function compress({ path }: Segment): void {
  writeFileSync(`${path}.gz`, gzipSync(readFileSync(path)));
  rmSync(path);
}

async function linesOf(segment: Segment): Promise<string[]> {
  const read: string[] = [];
  for await (const { bytes } of lineChunks(segment)) read.push(...splitLines(bytes).map(String));
  return read;
}

describe('a segment', () => {
  it('compressed between listing and reading → its lines all the same', async () => {
    const segment = await listedSegment(TEXT);
    compress(segment);
    expect(await linesOf(segment)).toEqual(LINES);
    expect((await firstLine(segment))?.toString()).toBe('first');
  });

  it('compressed while it is being read → the rest of its lines', async () => {
    const long = Array.from({ length: 200_000 }, (_, number) => `line ${number}`);
    const segment = await listedSegment(`${long.join('\n')}\n`);
    const chunks = lineChunks(segment);
    const first = (await chunks.next()).value?.bytes ?? Buffer.alloc(0);
    const read = splitLines(first).map(String);
    compress(segment);
    for await (const { bytes } of chunks) read.push(...splitLines(bytes).map(String));
    expect(read).toEqual(long);
  });

  it.each([false, true])('removed (compressed: %s) → ENOENT', async (compressed) => {
    const listed = await listedSegment(TEXT);
    const segment = { ...listed, compressed };
    rmSync(listed.path);
    await expect(linesOf(segment)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it.skipIf(process.platform !== 'linux').each([false, true])(
    'read no further than its first line → closed (compressed: %s)',
    async (compressed) => {
      const segment = await listedSegment(TEXT.repeat(300_000));
      if (compressed) compress(segment);
      await firstLine(segment);
      await expect
        .poll(() => openFiles().filter((path) => path.startsWith(segment.path)))
        .toEqual([]);
    },
  );

  it('without a whole line → no first line', async () => {
    expect(await firstLine(await listedSegment('cut off'))).toBeUndefined();
  });
});

describe('splitLines', () => {
  it.each([
    ['', []],
    ['cut off', []],
    [TEXT, LINES],
    [`${TEXT}cut off`, LINES],
  ])('%j → %j', (text, lines) => {
    expect(splitLines(Buffer.from(text)).map(String)).toEqual(lines);
  });
});

describe('wholeLines', () => {
  const whole = Array.from({ length: 20 }, (_, number) => 'x'.repeat(number)).join('\n');

  it.each([1, 2, 3, 7, 50, 1000])(
    'chunks of %i bytes → whole lines, and what was cut',
    async (size) => {
      const bytes = Buffer.from(`${whole}\ncut off`);
      const parts: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += size) parts.push(bytes.subarray(at, at + size));
      const texts: string[] = [];
      let cut: string | undefined;
      for await (const chunk of wholeLines('path', Readable.from(parts) as AsyncIterable<Buffer>)) {
        texts.push(chunk.bytes.toString());
        cut = chunk.torn?.toString();
      }
      expect(texts.join('')).toBe(`${whole}\n`);
      expect(texts.every((text) => text === '' || text.endsWith('\n'))).toBe(true);
      expect(cut).toBe('cut off');
    },
  );
});

/** Paths of the files that this process has open; Linux tells. */
function openFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return [];
    }
  });
}
