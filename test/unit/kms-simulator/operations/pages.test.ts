import { describe, expect, it } from 'vitest';
import { pageOf } from '../../../../src/kms-simulator/operations/pages.js';

const SIZES = { usual: 2, most: 3 };
const LETTERS = ['a', 'b', 'c', 'd', 'e'];

function page(all: readonly string[], request: { Limit?: number; Marker?: string | undefined }) {
  return pageOf(all, (letter) => letter, request, SIZES);
}

function markerAfter(letter: string): string | undefined {
  const { more } = page(LETTERS, { Limit: LETTERS.indexOf(letter) + 1 });
  return more['NextMarker'] as string;
}

describe('a page of a list', () => {
  it.each([
    [{}, ['a', 'b'], true],
    [{ Limit: 1 }, ['a'], true],
    [{ Limit: 1000 }, ['a', 'b', 'c'], true],
    [{ Marker: markerAfter('c') }, ['d', 'e'], false],
    [{ Marker: markerAfter('c'), Limit: 1 }, ['d'], true],
  ])('%o → %o, and whether there is more: %s', (request, items, Truncated) => {
    const found = page(LETTERS, request);
    expect(found.items).toEqual(items);
    expect(found.more).toMatchObject({ Truncated });
    expect('NextMarker' in found.more).toBe(Truncated);
  });

  it.each([
    ['the last item told is deleted', ['a', 'c', 'd']],
    ['an item before it is added', ['a', 'aa', 'b', 'c', 'd']],
  ])('%s between two pages → nothing is told twice or left out', (_, now) => {
    expect(page(now, { Marker: markerAfter('b') }).items).toEqual(['c', 'd']);
  });

  it('all that was left is deleted → an empty page that is the last', () => {
    const expected = { items: [], more: { Truncated: false } };
    expect(page(['a', 'b'], { Marker: markerAfter('b') })).toEqual(expected);
  });

  it.each(['b', 'YWZ0ZXI', '!!!'])('the marker %j → InvalidMarkerException', (Marker) => {
    const name = 'InvalidMarkerException';
    expect(() => page(LETTERS, { Marker })).toThrow(expect.objectContaining({ name }));
  });
});
