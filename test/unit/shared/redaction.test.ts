import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { bareError, redacted } from '../../../src/shared/redaction.js';

const SECRET = 'canary-Zm9vYmFy/1234567890+abcdef';

describe('redacted', () => {
  it.each([
    ['the secret', `token ${SECRET} is bad`, 'token [secret] is bad'],
    ['its beginning', `token ${SECRET.slice(0, 14)}… is bad`, 'token [secret]… is bad'],
    ['its middle', `of "${SECRET.slice(6, 25)}"`, 'of "[secret]"'],
    ['it twice', `${SECRET}, ${SECRET}`, '[secret], [secret]'],
    ['a short one', 'PIN 4711 of 4711', 'PIN [secret] of [secret]'],
    ['a token of somebody else', 'hvs.CAESIJ3k4k5k6k7k8k9 expired', '[secret] expired'],
    [
      'a JSON Web Token',
      'jwt eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOi.c2ln rejected',
      'jwt [secret] rejected',
    ],
    [
      'nothing',
      'no handler for route "transit/encrypt/a"',
      'no handler for route "transit/encrypt/a"',
    ],
  ])('a text with %s → without it', (_title, text, expected) => {
    expect(redacted(text, [SECRET, '4711'])).toBe(expected);
  });

  it('a text without end → cut', () => {
    expect(redacted('x'.repeat(1_000_000), [SECRET])).toHaveLength(2_000);
  });
});

it('an error with its request, and causes with theirs → message, code and causes alone', () => {
  const cause = Object.assign(new Error(`refused ${SECRET}`), { config: { headers: SECRET } });
  const error = Object.assign(new TypeError('failed', { cause }), { code: 'E1', data: SECRET });
  const bare = bareError(error, [SECRET]);
  expect(inspect(bare, { depth: 9 })).not.toContain(SECRET);
  expect(bare).toMatchObject({ name: 'TypeError', message: 'failed', code: 'E1' });
  expect(bare.cause).toMatchObject({ message: 'refused [secret]' });
});
