import { describe, expect, it } from 'vitest';
import { Timeline } from '../../../../src/evidence/report/model/timeline.js';
import { RowList } from '../../../../src/evidence/report/model/row-list.js';
import { Tally } from '../../../../src/evidence/report/model/tally.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A name that a caller has chosen so that it goes on with numbers and a time. */
const FORGED = 'arn:aws:iam::1:role/innocent\n7777\n7777\n0\n2020-01-01';
const START = Date.UTC(2026, 0, 1);

describe('Tally', () => {
  it('more values than it tells apart → the rest is counted together', () => {
    const tally = new Tally(2);
    for (const value of ['a', 'b', 'c', 'd', 'a']) tally.add([value], value, value !== 'c');
    const { lines, others } = tally.top(10);
    expect(lines.map(({ value }) => value)).toEqual([['a'], ['b']]);
    expect(others).toEqual({ values: 1, count: { success: 1, failure: 1, first: 'c', last: 'd' } });
    expect(tally.overflowed).toBe(true);
  });

  it('values of several parts → told apart by each of them', () => {
    const tally = new Tally();
    tally.add(['a', 'b'], '2', true);
    tally.add(['a', 'c'], '1', true);
    tally.add(['a', 'c'], '3', false);
    expect(tally.top(1)).toEqual({
      lines: [{ value: ['a', 'c'], count: { success: 1, failure: 1, first: '1', last: '3' } }],
      others: { values: 1, count: { success: 1, failure: 0, first: '2', last: '2' } },
    });
  });

  it.each([
    ['line feeds', FORGED, 'b'],
    ['quotation marks and commas', 'a","b', 'c'],
    ['line feeds, and nothing beside it', FORGED],
    ['nothing', '', ''],
    ['half a character', '\ud800', '\0'],
  ])('parts with %s → as many parts, each as it was', (_, ...value) => {
    const tally = new Tally();
    tally.add(value, '1', true);
    expect(tally.top(1).lines.map((line) => line.value)).toEqual([value]);
  });

  it('parts that are the same when joined → told apart', () => {
    const tally = new Tally();
    tally.add(['a\nb', 'c'], '1', true);
    tally.add(['a', 'b\nc'], '1', true);
    tally.add(['a","b', 'c'], '1', true);
    tally.add(['a', 'b","c'], '1', true);
    expect(tally.top(10).lines).toHaveLength(4);
  });
});

describe('RowList', () => {
  it('more rows than it holds → the first ones, and how many more there were', () => {
    const list = new RowList(1);
    list.add('a');
    list.add('b');
    const { rows, note } = list.table('id', 'Title', { column: 'Column' }, 'Note.');
    expect(rows).toEqual([['a']]);
    expect(note).toBe('Note. 1 more are not listed here.');
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
