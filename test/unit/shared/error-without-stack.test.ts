import { expect, it } from 'vitest';
import { ErrorWithoutStack } from '../../../src/shared/error-without-stack.js';
import { SignatureError } from '../../../src/sigv4/failure.js';
import { XksError } from '../../../src/xks/errors.js';

it.each([
  ['a signature', () => new SignatureError('clock-skew')],
  ['an error of the specification', () => new XksError('InternalException', 'x')],
])('%s that is refused → an error without its place in the code', (_, make) => {
  const error = make();
  expect(error).toBeInstanceOf(Error);
  expect(error.stack).not.toMatch(/\n +at /);
});

it('errors made afterwards → with their place in the code, and causes are kept', () => {
  const cause = new Error('cause');
  expect(new ErrorWithoutStack('x', { cause }).cause).toBe(cause);
  expect(new Error('another').stack).toMatch(/\n +at /);
});
