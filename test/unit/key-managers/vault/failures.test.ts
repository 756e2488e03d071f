import { describe, expect, it } from 'vitest';
import {
  connectionFailure,
  isAbsence,
  refusal,
} from '../../../../src/key-managers/vault/failures.js';

const errors = (...words: string[]): string => JSON.stringify({ errors: words });

describe('refusal', () => {
  it.each([
    [400, errors('cipher: message authentication failed'), 'invalid-ciphertext'],
    [400, errors('invalid ciphertext: unable to decrypt'), 'invalid-ciphertext'],
    [400, errors('encryption key not found'), 'key-not-found'],
    [400, errors('refusing to use soft-deleted key'), 'key-disabled'],
    [400, errors('invalid ciphertext: version is too new'), 'version-not-found'],
    [
      400,
      errors('ciphertext or signature version is disallowed by policy (too old)'),
      'version-not-found',
    ],
    [
      400,
      errors('requested version for encryption is higher than the latest key version'),
      'version-not-found',
    ],
    [400, errors('missing client token'), 'misconfigured'],
    [400, errors('something new'), 'rejected'],
    [400, errors(), 'rejected'],
    [403, errors('permission denied'), 'misconfigured'],
    [404, errors('no handler for route "transit/encrypt/a"'), 'misconfigured'],
    [404, errors(), 'misconfigured'],
    [405, errors(), 'misconfigured'],
    [412, errors('required index state not present'), 'unreachable'],
    [429, errors('request path "transit" rate limit quota exceeded'), 'overloaded'],
    [301, '', 'misconfigured'],
    [307, '', 'unreachable'],
    [500, errors('local node not active but active cluster node not found'), 'unreachable'],
    [500, errors('cipher: message authentication failed'), 'unreachable'],
    [502, '<html>Bad Gateway</html>', 'unreachable'],
    [503, errors('Vault is sealed'), 'unreachable'],
    [504, '', 'unreachable'],
  ])('%i %s → %s', (status, body, code) => {
    expect(refusal({ status, body }, 'rejected').code).toBe(code);
  });

  it.each([
    'encryption key not found',
    '"message authentication failed"',
    '{"errors":"encryption key not found"}',
    '{"error":["message authentication failed"]}',
  ])('a 400 that is not of the API: %s → misconfigured', (body) => {
    expect(refusal({ status: 400, body }, 'rejected').code).toBe('misconfigured');
  });

  it('a long answer with control characters → shortened, printable', () => {
    const { message } = refusal({ status: 503, body: errors(`a\n\u0007b${'x'.repeat(1000)}`) });
    expect(message.length).toBeLessThan(300);
    expect(message).toMatch(/^[\x20-\x7e]+$/);
  });
});

describe('isAbsence', () => {
  it.each([
    [404, errors(), true],
    [404, errors('no handler for route "transit/keys/a"'), false],
    [404, errors('namespace not found'), false],
    [404, '<html>Not Found</html>', false],
    [404, '', false],
    [200, errors(), false],
    [403, errors(), false],
  ])('%i %s → %s', (status, body, expected) => {
    expect(isAbsence({ status, body })).toBe(expected);
  });
});

describe('connectionFailure', () => {
  it.each([
    ['ECONNREFUSED', 'unreachable'],
    ['ENOTFOUND', 'unreachable'],
    ['UND_ERR_CONNECT_TIMEOUT', 'unreachable'],
    ['UND_ERR_SOCKET', 'unreachable'],
    ['CERT_HAS_EXPIRED', 'misconfigured'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'misconfigured'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'misconfigured'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'misconfigured'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'misconfigured'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'misconfigured'],
  ])('%s → %s', (code, expected) => {
    expect(connectionFailure(Object.assign(new Error('failed'), { code })).code).toBe(expected);
  });
});
