import { describe, expect, it } from 'vitest';
import { claimsOf, isLineAt, lineStart, linkTo } from '../../../../src/audit/read/line-head.js';
import { leafHash } from '../../../../src/transparency-log/hashes.js';

const previous = leafHash(Buffer.from('before'));
const line = Buffer.from(`${lineStart(17)}${linkTo(previous)}"time":""}`);

describe('isLineAt', () => {
  it('the line of a place → there, and nowhere else', () => {
    expect(isLineAt(line, 17, previous)).toBe(true);
    expect(isLineAt(line, 18, previous)).toBe(false);
    expect(isLineAt(line, 1, previous)).toBe(false);
    expect(isLineAt(line, 17, leafHash(line))).toBe(false);
    expect(isLineAt(line.subarray(0, 60), 17, previous)).toBe(false);
    expect(isLineAt(Buffer.from(`${lineStart(0)}"time":""}`), 0, undefined)).toBe(true);
  });
});

describe('claimsOf', () => {
  it('a line of the log → its number and the hash of the line before', () => {
    expect(claimsOf(line)).toEqual({ sequence: 17, previous });
    expect(claimsOf(Buffer.from(lineStart(0)))).toEqual({ sequence: 0, previous: undefined });
  });

  it.each([
    ['no line', undefined],
    ['no record', Buffer.from('{"a":1}')],
    ['a number with a zero before it', Buffer.from('{"schema":1,"sequence":07,"')],
    ['another schema', Buffer.from('{"schema":2,"sequence":7,"')],
  ])('%s → claims nothing', (_, other) => {
    expect(claimsOf(other)).toBeUndefined();
  });

  it('a hash that no encoder writes → is none', () => {
    const loose = `${'A'.repeat(42)}B=`;
    expect(claimsOf(Buffer.from(`${lineStart(1)}${linkTo(loose)}`))?.previous).toBeUndefined();
  });
});
