import { expect, describe, it } from 'vitest';
import { hashCanonicalRequest } from '../../../src/sigv4/canonical-request.js';
import { ReceivedHeaders } from '../../../src/sigv4/headers.js';

const PARTS = { method: 'POST', path: '/kms/xks/v1/health', body: Buffer.from('{}') };

function hashWith(value: string): string {
  return hashCanonicalRequest(PARTS, new ReceivedHeaders(['X-Extra', value]), ['x-extra']);
}

describe('white space around a signed header', () => {
  it.each([' value', 'value\t ', '\t \tvalue  '])('%j → left out', (value) => {
    expect(hashWith(value)).toBe(hashWith('value'));
  });

  it.each(['\xa0', '\v', '\f', '\x85'])('%j → bytes of the value', (byte) => {
    expect(hashWith(`${byte}value${byte}`)).not.toBe(hashWith('value'));
  });

  it('within a value → runs of spaces are one', () => {
    expect(hashWith('a   b \t c')).toBe(hashWith('a b \t c'));
  });
});
