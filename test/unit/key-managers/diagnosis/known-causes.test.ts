import { describe, expect, it } from 'vitest';
import { knownCause } from '../../../../src/key-managers/diagnosis/known-causes.js';

describe('the cause of a failure, by its message', () => {
  it.each([
    ['the package pkcs11js cannot be loaded: it is not installed', /names, run its command/],
    ['/usr/lib/none.so cannot be loaded: Error', /path of the library/],
    [
      'the token t refuses the PIN (its PIN is locked, or only one try is left)',
      /security officer/,
    ],
    ['the token t refuses the PIN (C_Login: CKR_PIN_INCORRECT (0xa0))', /The PIN is wrong/],
    ['the server refuses the token, or its policy does not grant this path (403)', /bao token/],
    ['nothing is mounted at this path in this namespace (404)', /bao secrets list/],
  ])('%s → its own advice', (message, advice) => {
    expect(knownCause(message)?.advice).toMatch(advice);
  });
});
