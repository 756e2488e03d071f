import { describe, expect, it } from 'vitest';
import { errorBody } from '../../../src/xks/errors.js';

describe('errorBody', () => {
  it('a message → one line of JSON', () => {
    expect(errorBody('ValidationException', 'Say "please".')).toBe(
      '{"errorName":"ValidationException","errorMessage":"Say \\"please\\"."}',
    );
  });

  it.each(['a\nb', 'é', '\u2028', '\u0000', '😀'])('%j → printable ASCII', (message) => {
    expect(errorBody('InternalException', message)).toMatch(/^[\x20-\x7e]+$/);
  });

  it('a long message → fewer than 512 characters', () => {
    expect(JSON.parse(errorBody('InternalException', 'x'.repeat(9_999)))).toEqual({
      errorName: 'InternalException',
      errorMessage: 'x'.repeat(511),
    });
  });
});
