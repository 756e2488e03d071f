import { describe, expect, it } from 'vitest';
import { listenerName, listenerSchema, operationsSchema } from '../../../src/http/config.js';

const plain = { host: '0.0.0.0', port: 8080, plainHttp: true };
const tls = { certificateChain: 'chain.pem', privateKey: 'key.pem' };

describe('a listener in the configuration', () => {
  it('with what it must have → the defaults for the rest', () => {
    expect(listenerSchema.parse({ host: '::', port: 443, tls })).toEqual({
      host: '::',
      port: 443,
      tls: { ...tls, publicNames: [] },
      limits: {
        maxBodyBytes: 65_536,
        maxHeaderBytes: 16_384,
        headersTimeoutMs: 5_000,
        requestTimeoutMs: 5_000,
        maxConnections: 4_096,
        unauthenticatedIdleMs: 5_000,
        authenticatedIdleMs: 400_000,
      },
    });
  });

  it.each([
    ['neither TLS nor plain HTTP', { host: 'x', port: 1 }, ''],
    ['both', { ...plain, tls }, ''],
    ['plainHttp: false', { ...plain, plainHttp: false }, 'plainHttp'],
    ['an unknown field', { ...plain, timeout: 1 }, ''],
    ['an unknown limit', { ...plain, limits: { maxBody: 1 } }, 'limits'],
    [
      'a head that may take longer than its request',
      { ...plain, limits: { headersTimeoutMs: 6_000 } },
      'limits.headersTimeoutMs',
    ],
    ['a port that is none', { ...plain, port: 65_536 }, 'port'],
    [
      'client certificates without roots',
      {
        host: 'x',
        port: 1,
        tls: { ...tls, clientCertificates: { roots: [], allowedNames: ['a.b'] } },
      },
      'tls.clientCertificates.roots',
    ],
    [
      'client certificates for any subdomain',
      {
        host: 'x',
        port: 1,
        tls: { ...tls, clientCertificates: { roots: ['r'], allowedNames: ['.example.com'] } },
      },
      'tls.clientCertificates.allowedNames.0',
    ],
    [
      'client certificates for a wildcard',
      {
        host: 'x',
        port: 1,
        tls: { ...tls, clientCertificates: { roots: ['r'], allowedNames: ['*.example.com'] } },
      },
      'tls.clientCertificates.allowedNames.0',
    ],
  ])('with %s → refused there', (_what, config, path) => {
    const { error } = listenerSchema.safeParse(config);
    expect(error?.issues.map((issue) => issue.path.join('.'))).toEqual([path]);
  });

  it.each([
    [{ ...plain, name: 'public' }, 'public'],
    [plain, '0.0.0.0:8080'],
  ])('%o → is called %s', (config, name) => {
    expect(listenerName(config)).toBe(name);
  });
});

describe('the operations listener in the configuration', () => {
  it('nothing configured → loopback', () => {
    expect(operationsSchema.parse(undefined)).toEqual({ host: '127.0.0.1', port: 9_464 });
  });
});
