import { appendFileSync, readFileSync, rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compressSegments } from '../../../../../src/audit/log/closed-segments.js';
import { LogFolder } from '../../../../../src/audit/read/log-folder.js';
import type { Carried } from '../../../../../src/audit/sinks/config.js';
import { LogFeed } from '../../../../../src/audit/sinks/feed/log-feed.js';
import { BEGINNING, type Position } from '../../../../../src/audit/sinks/feed/position.js';
import { ShippedLog } from '../../../../support/shipped-log.js';
import { temporaryFolder } from '../../../../support/temporary-folder.js';

const SMALL_SEGMENTS = { segments: { maxBytes: 100_000, maxAgeMs: 86_400_000 } };

/** A feed of a log that was written before; it is told of the last line alone. */
async function feedOf(
  log: ShippedLog,
  carries: Carried = ['records', 'checkpoints'],
  position: Position = BEGINNING,
) {
  const gaps: string[] = [];
  const feed = new LogFeed({
    directory: log.directory,
    carries,
    bufferBytes: 1_000_000_000,
    onGap: (first, last) => {
      gaps.push(`${first}-${last}`);
    },
  });
  const lines = await log.lines();
  feed.committed(Buffer.from(`${lines.at(-1) ?? ''}\n`));
  await feed.goTo(position);
  return { feed, gaps, lines };
}

async function rest(feed: LogFeed): Promise<{ lines: string[]; notes: string[] }> {
  const all = { lines: [] as string[], notes: [] as string[] };
  for (let item = await feed.next(); item !== undefined; item = await feed.next()) {
    if (item.kind === 'records') all.lines.push(...item.lines.map(String));
    else all.notes.push(...item.notes);
  }
  return all;
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.join('\n') === b.join('\n');
}

describe('LogFeed', () => {
  it('segments, compressed and not → every line once, and every checkpoint after its records', async () => {
    const log = await ShippedLog.open(temporaryFolder(), [], SMALL_SEGMENTS);
    await log.add(3_000);
    await compressSegments(log.directory, Number.POSITIVE_INFINITY);
    await log.add(1_000);
    await log.close();
    const { feed, lines } = await feedOf(log);
    const { length } = (await LogFolder.list(log.directory)).segments;
    expect(length).toBeGreaterThan(3);
    const sent = await rest(feed);
    expect(isSame(sent.lines, lines)).toBe(true);
    expect(sent.notes).toHaveLength(length);
    expect(feed.position).toEqual({ record: lines.length, checkpoint: lines.length });
  });

  it('bytes that are not part of the log yet → not read', async () => {
    const log = await ShippedLog.open(temporaryFolder(), []);
    await log.add(10);
    await log.close();
    const { feed, lines } = await feedOf(log);
    const [segment] = (await LogFolder.list(log.directory)).segments;
    appendFileSync(segment?.path ?? '', '{"schema":1,"sequence":11}\n{"sche');
    expect(isSame((await rest(feed)).lines, lines)).toBe(true);
  });

  it('a line that is longer than what is read at once → whole', async () => {
    const log = await ShippedLog.open(temporaryFolder(), []);
    await log.add(1);
    await log.add(1, 700_000);
    await log.add(1);
    await log.close();
    const { feed, lines } = await feedOf(log);
    expect(isSame((await rest(feed)).lines, lines)).toBe(true);
  });

  it('a segment is compressed while it is read → goes on in the compressed one', async () => {
    const log = await ShippedLog.open(temporaryFolder(), [], {
      segments: { maxBytes: 1_000_000, maxAgeMs: 86_400_000 },
    });
    await log.add(2_500);
    await log.add(10);
    await log.close();
    const { feed, lines } = await feedOf(log);
    const first = await feed.next();
    const begun = first?.kind === 'records' ? first.lines.map(String) : [];
    expect(begun.length).toBeGreaterThan(100);
    await compressSegments(log.directory, Number.POSITIVE_INFINITY);
    expect(isSame([...begun, ...(await rest(feed)).lines], lines)).toBe(true);
  });

  it('the segment is removed → tells the gap, and the item after it does not lead back to it', async () => {
    const log = await ShippedLog.open(temporaryFolder(), [], SMALL_SEGMENTS);
    await log.add(3_000);
    await log.close();
    const { feed, gaps, lines } = await feedOf(log);
    const [first, second] = (await LogFolder.list(log.directory)).segments;
    rmSync(first?.path ?? '');
    const item = await feed.next();
    expect(item?.at.record).toBe(second?.first);
    expect(gaps).toEqual([`0-${(second?.first ?? 0) - 1}`]);
    await rest(feed);
    expect(feed.position.record).toBe(lines.length);
  });

  it('checkpoints alone → no record is read', async () => {
    const log = await ShippedLog.open(temporaryFolder(), []);
    await log.add(10);
    await log.sign();
    await log.add(10);
    await log.close();
    const { feed } = await feedOf(log, ['checkpoints']);
    expect(feed.behind).toBe(0);
    const sent = await rest(feed);
    expect(sent.lines).toEqual([]);
    const [segment] = (await LogFolder.list(log.directory)).segments;
    const path = segment?.path.replace('.jsonl', '.checkpoints') ?? '';
    expect(sent.notes.join('')).toBe(readFileSync(path, 'utf8'));
  });

  it.each([
    ['where it was', 22],
    ['edited to the end of the log', 23],
  ])('a place that is %s → the newest checkpoint again, and no other', async (_, checkpoint) => {
    const log = await ShippedLog.open(temporaryFolder(), []);
    await log.add(10);
    await log.sign();
    await log.add(10);
    await log.sign();
    await log.add(1);
    const { feed, lines } = await feedOf(log, undefined, { record: 22, checkpoint });
    expect(lines).toHaveLength(22);
    const sent = await rest(feed);
    expect(sent.lines).toEqual([]);
    expect(sent.notes).toEqual([expect.stringMatching(/^[^\n]+\n21\n/)]);
    // Once a start: a lost connection goes back to what is in doubt alone.
    await feed.goTo(feed.position);
    expect(await rest(feed)).toEqual({ lines: [], notes: [] });
    await log.close();
  });

  it('an edited place, and the connection is lost before the newest checkpoint → it is still sent', async () => {
    const log = await ShippedLog.open(temporaryFolder(), []);
    await log.add(10);
    await log.close();
    const { feed, lines } = await feedOf(log, undefined, { record: 5, checkpoint: 11 });
    const first = await feed.next();
    expect(first?.kind).toBe('records');
    await feed.goTo(first?.at ?? BEGINNING);
    const sent = await rest(feed);
    expect(sent.lines).toEqual(lines.slice(5));
    expect(sent.notes).toEqual([expect.stringMatching(/^[^\n]+\n11\n/)]);
  });

  it('records alone → no checkpoint', async () => {
    const log = await ShippedLog.open(temporaryFolder(), []);
    await log.add(10);
    await log.close();
    const { feed, lines } = await feedOf(log, ['records']);
    expect(await rest(feed)).toEqual({ lines, notes: [] });
  });

  it('a log that misses a record → said, and not passed over', async () => {
    const log = await ShippedLog.open(temporaryFolder(), []);
    await log.add(10);
    await log.close();
    const { feed } = await feedOf(log);
    feed.committed(Buffer.from('{"schema":1,"sequence":20,"x":1}\n'));
    await expect(rest(feed)).rejects.toThrow('does not hold record 11');
  });
});
