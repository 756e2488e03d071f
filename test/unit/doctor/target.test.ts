import { describe, expect, it } from 'vitest';
import { parseConsoleFile, parseTarget, resolveWith } from '../../../src/doctor/target.js';

describe('the URL of a key store', () => {
  it.each([
    ['https://xks.example.com', { host: 'xks.example.com', port: 443 }],
    ['https://xks.example.com/', { host: 'xks.example.com', port: 443 }],
    ['https://x.example.com/a', { uriPath: '/a/kms/xks/v1', port: 443 }],
    ['https://x.example.com/a/', { uriPath: '/a/kms/xks/v1', port: 443 }],
    ['https://x.example.com/a/kms/xks/v1', { uriPath: '/a/kms/xks/v1', port: 443 }],
    ['https://localhost:8443/kms/xks/v1', { host: 'localhost', port: 8443 }],
    ['https://x.example.com/a/../b', { uriPath: '/a/../b/kms/xks/v1' }],
    ['https://[::1]:8443/a', { host: '::1', port: 8443 }],
  ])('%s → %o', (text, expected) => {
    expect(parseTarget(text)).toMatchObject(expected);
  });

  it.each([
    'http://xks.example.com/a',
    'xks.example.com',
    'backend',
    'https://user:secret@xks.example.com/a',
    'https://xks.example.com/a?b=c',
    'https://xks.example.com/a#b',
    '',
  ])('%j → refused', (text) => {
    expect(() => parseTarget(text)).toThrow(expect.objectContaining({ name: 'UnusableText' }));
  });
});

describe('--resolve', () => {
  const target = parseTarget('https://xks.example.com/a');

  it.each([
    ['xks.example.com=127.0.0.1:8443', { address: '127.0.0.1', connectPort: 8443, port: 443 }],
    ['xks.example.com=[::1]:8443', { address: '::1', connectPort: 8443 }],
    ['XKS.example.com=127.0.0.1:8443', { address: '127.0.0.1', connectPort: 8443 }],
  ])('%s → %o', (text, expected) => {
    expect(resolveWith(target, text)).toMatchObject(expected);
  });

  it.each([
    'other.example.com=127.0.0.1:1',
    'xks.example.com=name:1',
    'xks.example.com=127.0.0.1',
    'xks.example.com=127.0.0.1:0',
    'xks.example.com=127.0.0.1:65536',
    '127.0.0.1:8443',
    '',
  ])('%j → refused', (text) => {
    expect(() => resolveWith(target, text)).toThrow(
      expect.objectContaining({ name: 'UnusableText' }),
    );
  });
});

describe('the JSON file of the KMS console', () => {
  const credential = { AccessKeyId: 'A', RawSecretAccessKey: 'canary-of-a-secret' };

  it('gives the credential and the path', () => {
    const content = {
      XksProxyUriPath: '/a/kms/xks/v1',
      XksProxyAuthenticationCredential: credential,
    };
    expect(parseConsoleFile('f.json', JSON.stringify(content))).toEqual({
      credential: { accessKeyId: 'A', secretAccessKey: 'canary-of-a-secret' },
      uriPath: '/a/kms/xks/v1',
    });
  });

  it.each([
    '',
    '[]',
    'null',
    '{"XksProxyAuthenticationCredential":{"RawSecretAccessKey":"canary-of-a-secret"}}',
    '{"RawSecretAccessKey":"canary-of-a-secret"',
  ])('%j → refused by the name of the file, and nothing of it is told', (text) => {
    expect(() => parseConsoleFile('f.json', text)).toThrow(/^f\.json(?!.*canary)/);
  });
});
