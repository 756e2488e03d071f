import { describe, expect, it } from 'vitest';
import { codeOf, errnoOf } from '../../../src/shared/errno.js';

function withCode(code: unknown): Error {
  return Object.assign(new Error('something failed'), { code });
}

describe('the code of an error', () => {
  it.each([
    ['ENOENT', 'ENOENT', 'ENOENT'],
    ['E2BIG', 'E2BIG', 'E2BIG'],
    ['EAI_AGAIN', 'EAI_AGAIN', 'EAI_AGAIN'],
    ['ERR_INVALID_ARG_TYPE', undefined, 'ERR_INVALID_ARG_TYPE'],
    ['Z_DATA_ERROR', undefined, 'Z_DATA_ERROR'],
    [17, undefined, undefined],
  ])('%s → errno %s, code %s', (code, errno, any) => {
    expect(errnoOf(withCode(code))).toBe(errno);
    expect(codeOf(withCode(code))).toBe(any);
  });

  it('what is no error → none', () => {
    expect(errnoOf({ code: 'ENOENT' })).toBeUndefined();
    expect(errnoOf(new Error('ENOENT'))).toBeUndefined();
  });
});
