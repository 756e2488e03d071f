import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Timeline } from '../../../../src/evidence/report/model/timeline.js';
import { RowList } from '../../../../src/evidence/report/model/row-list.js';
import { Tally } from '../../../../src/evidence/report/model/tally.js';
import { TimeReader } from '../../../../src/evidence/report/record-reader.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A name that a caller has chosen so that it goes on with numbers and a time. */
const FORGED = 'arn:aws:iam::1:role/innocent\n7777\n7777\n0\n2020-01-01';
const START = Date.UTC(2026, 0, 1);

const PARTS = { a: 'A', b: 'B', c: 'C' };
const tallyOf = (limit = 10, capacity?: number, parts: Record<string, string> = PARTS) =>
  new Tally({ id: 'id', title: 'Title', parts, limit }, capacity);
const iso = (ms: number) => new Date(ms).toISOString();

describe('Tally', () => {
  it('more values than it tells apart → the rest is counted together', () => {
    const tally = tallyOf(10, 2, { a: 'A' });
    for (const [at, value] of ['a', 'b', 'c', 'd', 'a'].entries()) {
      tally.add([value], at, value !== 'c');
    }
    expect(tally.table().rows).toEqual([
      { a: 'a', total: 2, success: 2, failure: 0, first: iso(0), last: iso(4) },
      { a: 'b', total: 1, success: 1, failure: 0, first: iso(1), last: iso(1) },
      { a: 'others (more than 1)', total: 2, success: 1, failure: 1, first: iso(2), last: iso(3) },
    ]);
    expect([tally.overflowed, tally.sum('success'), tally.sum('failure')]).toEqual([true, 4, 1]);
  });

  it('values of several parts → told apart by each of them', () => {
    const tally = tallyOf(1);
    tally.add(['a', 'b'], 2, true);
    tally.add(['a', 'c'], 1, true);
    tally.add(['a', 'c'], 3, false);
    expect(tally.table().rows).toMatchObject([
      { a: 'a', b: 'c', total: 2, first: iso(1), last: iso(3) },
      { a: 'others (1)', total: 1, first: iso(2), last: iso(2) },
    ]);
  });

  it.each([
    ['line feeds', FORGED, 'b'],
    ['quotation marks and commas', 'a","b', 'c'],
    ['line feeds, and nothing beside it', FORGED],
    ['nothing', '', ''],
    ['half a character', '\ud800', '\0'],
  ])('parts with %s → as many parts, each as it was', (_, ...value) => {
    const tally = tallyOf();
    tally.add(value, 1, true);
    expect(tally.values().map((counted) => counted.value)).toEqual([value]);
  });

  it('parts that are the same when joined → told apart', () => {
    const tally = tallyOf();
    tally.add(['a\nb', 'c'], 1, true);
    tally.add(['a', 'b\nc'], 1, true);
    tally.add(['a","b', 'c'], 1, true);
    tally.add(['a', 'b","c'], 1, true);
    expect(tally.values()).toHaveLength(4);
  });

  it('values that are too long to be kept → counted together', () => {
    const tally = tallyOf(10);
    const long = 'x'.repeat(2 ** 20);
    for (let at = 0; at < 12; at += 1) tally.add([`${long}${at}`], at, true);
    expect([tally.overflowed, tally.values().length, tally.sum('success')]).toEqual([true, 4, 12]);
  });

  it('any values in any order → what counting them one by one says', () => {
    const event = fc.record({
      value: fc.constantFrom('a', 'b', 'c'),
      ms: fc.integer({ min: 0, max: 100 }),
      success: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(event), (events) => {
        const tally = tallyOf();
        const merged = tallyOf();
        for (const { value, ms, success } of events) {
          tally.add([value], ms, success);
          const count = { success: Number(success), failure: Number(!success) };
          merged.merge([value], { ...count, firstMs: ms, lastMs: ms });
        }
        for (const { value, count } of tally.values()) {
          const own = events.filter((each) => each.value === value[0]);
          expect(count).toEqual({
            success: own.filter(({ success }) => success).length,
            failure: own.filter(({ success }) => !success).length,
            firstMs: Math.min(...own.map(({ ms }) => ms)),
            lastMs: Math.max(...own.map(({ ms }) => ms)),
          });
        }
        expect(merged.table()).toEqual(tally.table());
      }),
    );
  });
});

describe('RowList', () => {
  it('more rows than it holds → the first ones, and how many more there were', () => {
    const list = new RowList({ id: 'id', title: 'Title', titles: { column: 'Column' } }, 1);
    list.add({ column: 'a' });
    list.add({ column: 'b' });
    const { rows, note } = list.table('Note.');
    expect(rows).toEqual([{ column: 'a' }]);
    expect(note).toBe('Note. 1 more is not listed here.');
    expect(list.count).toBe(2);
  });
});

describe('TimeReader', () => {
  it.each([
    '2026-01-01T00:00:00.000Z',
    '2026-01-01T00:00:59.999Z',
    '2026-01-01T00:00:60.000Z',
    '2026-01-01T00:01:07.005Z',
    '2026-01-01T00:01:07Z',
    '2026-13-01T00:00:00.000Z',
    '2026-01-01T00:01:07.05xZ',
    '',
    'no time',
  ])('%j → as Date.parse, whatever came before', (time) => {
    const reader = new TimeReader();
    for (const before of ['2026-01-01T00:00:12.345Z', time, '2026-01-01T00:01:12.345Z', time]) {
      expect(reader.read(before)).toBe(Date.parse(before));
    }
  });

  it('no text → no time', () => {
    expect(new TimeReader().read(7)).toBeNaN();
  });
});

describe('Timeline', () => {
  it.each([
    [DAY_MS, 'hour', 24, '2026-01-01T23:00Z'],
    [20 * DAY_MS, '6 hours', 80, '2026-01-20T18:00Z'],
    [90 * DAY_MS, 'day', 90, '2026-03-31'],
    [365 * DAY_MS, '7 days', 53, '2026-12-31'],
    [3 * 365 * DAY_MS, '28 days', 40, '2028-12-28'],
    [400 * 365 * DAY_MS, '1217 days', 120, '2422-07-07'],
  ])('%i ms → steps of %s', (length, stepText, steps, last) => {
    const timeline = new Timeline(START, START + length);
    expect([timeline.stepText, timeline.steps]).toEqual([stepText, steps]);
    expect(timeline.stepOf(timeline.toMs - 1)).toBe(steps - 1);
    expect(timeline.nameOf(steps - 1)).toBe(last);
  });

  it('its end, and no time at all → not in it', () => {
    const timeline = new Timeline(START, START + HOUR_MS);
    expect([START - 1, START, START + HOUR_MS, Number.NaN].map((ms) => timeline.holds(ms))).toEqual(
      [false, true, false, false],
    );
  });
});
