import { describe, expect, it } from 'vitest';
import { parseResolvedHost } from '../../../src/shared/resolved-host.js';

describe('--resolve', () => {
  it.each([
    [
      'xks.example.com=127.0.0.1:8443',
      { host: 'xks.example.com', address: '127.0.0.1', port: 8443 },
    ],
    ['XKS.Example.com=127.0.0.1:1', { host: 'xks.example.com', address: '127.0.0.1', port: 1 }],
    ['localhost=[::1]:65535', { host: 'localhost', address: '::1', port: 65_535 }],
  ])('%s → name, address and port', (text, resolved) => {
    expect(parseResolvedHost(text)).toEqual(resolved);
  });

  it.each([
    '',
    'xks.example.com',
    'xks.example.com:443:127.0.0.1',
    'xks.example.com=127.0.0.1',
    'xks.example.com=localhost:8443',
    'xks.example.com=127.0.0.1:0',
    'xks.example.com=127.0.0.1:65536',
    'xks.example.com=127.0.0.256:443',
    'xks.example.com=::1:443',
    '=127.0.0.1:443',
    'https://xks.example.com=127.0.0.1:443',
  ])('%j → an error that shows what is allowed', (text) => {
    expect(() => parseResolvedHost(text)).toThrow(/is not of the form host=address:port, such as/);
  });
});
