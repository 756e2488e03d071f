import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/shared/secret.js';
import {
  configurationFolder,
  load,
  pathsOf,
  refusal,
  SECRET_ACCESS_KEY,
  validConfiguration,
  warningPathsOf,
  withCredentials,
  withListener,
  withStore,
} from '../../support/configuration-fixture.js';

const secretAccessKey = '${file:access.secret}';
const accessKeyId = 'ABCDEFGHIJKLMNOPQRST';

describe('a valid configuration', () => {
  it('is loaded → defaults are filled in, paths are absolute, secrets are wrapped', () => {
    const { folder, loaded } = load(validConfiguration());
    const { configuration } = loaded;
    expect(warningPathsOf(loaded)).toEqual([]);
    expect(configuration).toMatchObject({
      stateDirectory: folder,
      quickstart: false,
      drainDelayMs: 20_000,
      deadlineMs: 140,
      proxyFleetSize: 1,
      log: { level: 'info' },
      operations: { host: '127.0.0.1', port: 9464 },
      admin: { socket: `${folder}/admin.sock` },
      keyManagers: [{ directory: `${folder}/keys` }],
    });
    const secret = configuration.keyStores[0]?.credentials[0]?.secretAccessKey;
    expect(secret).toBeInstanceOf(Secret);
    expect(secret?.reveal()).toBe(SECRET_ACCESS_KEY);
  });

  it('comes in another order, or with other secrets → the same hash', () => {
    const env = { HOLDFAST_STATE_DIR: configurationFolder() };
    const written = validConfiguration();
    const reordered = Object.fromEntries(Object.entries(written).reverse());
    const masterKey = { key: Buffer.alloc(32, 8).toString('base64') };
    const keyManagers = written.keyManagers.map((manager) => ({ ...manager, masterKey }));
    const [hash, ...others] = [written, reordered, { ...written, keyManagers }].map(
      (configuration) => load(configuration, env).loaded.hash,
    );
    expect(others).toEqual([hash, hash]);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(load({ ...written, deadlineMs: 141 }, env).loaded.hash).not.toBe(hash);
  });
});

describe('a field on its own', () => {
  it.each<[string, unknown, string[]]>([
    ['no group of fields', 'text', ['']],
    ['an empty file', '', ['']],
    ['an unknown field', { ...validConfiguration(), listener: [] }, ['listener']],
    [
      'no state directory',
      { ...validConfiguration(), stateDirectory: undefined },
      ['stateDirectory'],
    ],
    [
      'an empty state directory',
      { ...validConfiguration(), stateDirectory: '' },
      ['stateDirectory'],
    ],
    ['no listeners', { ...validConfiguration(), listeners: [] }, ['listeners']],
    [
      'no key managers',
      { ...validConfiguration(), keyManagers: [], keyStores: [] },
      ['keyManagers', 'keyStores'],
    ],
    ['a port that is text', withListener({ port: '8443' }), ['listeners[0].port']],
    ['a port above 65535', withListener({ port: 65_536 }), ['listeners[0].port']],
    ['a port with a fraction', withListener({ port: 1.5 }), ['listeners[0].port']],
    ['a port below zero', withListener({ port: -1 }), ['listeners[0].port']],
    ['neither TLS nor plain HTTP', withListener({ plainHttp: undefined }), ['listeners[0]']],
    [
      'a limit that is misspelt',
      withListener({ limits: { maxBodyByte: 1 } }),
      ['listeners[0].limits.maxBodyByte'],
    ],
    ['a delay with a unit', { ...validConfiguration(), drainDelayMs: '20s' }, ['drainDelayMs']],
    ['an unknown level', { ...validConfiguration(), log: { level: 'loud' } }, ['log.level']],
    [
      'an unknown key manager',
      { ...validConfiguration(), keyManagers: [{ name: 'files', type: 'hsm' }] },
      ['keyManagers[0].type'],
    ],
    ['a null', { ...validConfiguration(), operations: null }, ['operations']],
    [
      'an IP address for a public name',
      withListener({
        plainHttp: undefined,
        tls: { certificateChain: 'c', privateKey: 'k', publicNames: ['192.0.2.1'] },
      }),
      ['listeners[0].tls.publicNames[0]'],
    ],
    ['a prefix without a slash', withStore({ pathPrefix: 'a' }), ['keyStores[0].pathPrefix']],
    [
      'a prefix that ends in a slash',
      withStore({ pathPrefix: '/a/' }),
      ['keyStores[0].pathPrefix'],
    ],
    ['a prefix of a slash', withStore({ pathPrefix: '/' }), ['keyStores[0].pathPrefix']],
    ['a prefix with two slashes', withStore({ pathPrefix: '/a//b' }), ['keyStores[0].pathPrefix']],
    [
      'a prefix that is the whole URI path',
      withStore({ pathPrefix: '/a/kms/xks/v1' }),
      ['keyStores[0].pathPrefix'],
    ],
    ['a prefix with a dot', withStore({ pathPrefix: '/a.b' }), ['keyStores[0].pathPrefix']],
    [
      'a URI path of 129 characters',
      withStore({ pathPrefix: `/${'p'.repeat(117)}` }),
      ['keyStores[0].pathPrefix'],
    ],
    ['an empty name', withStore({ name: '' }), ['keyStores[0].name']],
    ['a region with capitals', withStore({ region: 'EU-west-1' }), ['keyStores[0].region']],
    ['another word than all', withStore({ exposes: 'any' }), ['keyStores[0].exposes']],
    ['nothing exposed', withStore({ exposes: [] }), ['keyStores[0].exposes']],
    [
      'an exposed id with a slash',
      withStore({ exposes: ['ok', 'a/b'] }),
      ['keyStores[0].exposes[1]'],
    ],
    [
      'the health-test key exposed by name',
      withStore({ exposes: ['holdfast-health-test'] }),
      ['keyStores[0].exposes[0]'],
    ],
    ['no credentials', withStore({ credentials: [] }), ['keyStores[0].credentials']],
    [
      '19 characters of access key id',
      withCredentials({ accessKeyId: 'A'.repeat(19), secretAccessKey }),
      ['keyStores[0].credentials[0].accessKeyId'],
    ],
    [
      '31 characters of access key id',
      withCredentials({ accessKeyId: 'A'.repeat(31), secretAccessKey }),
      ['keyStores[0].credentials[0].accessKeyId'],
    ],
    [
      'an access key id with a 1',
      withCredentials({ accessKeyId: `${'A'.repeat(19)}1`, secretAccessKey }),
      ['keyStores[0].credentials[0].accessKeyId'],
    ],
    [
      '42 characters of secret',
      withCredentials({ accessKeyId, secretAccessKey: 's'.repeat(42) }),
      ['keyStores[0].credentials[0].secretAccessKey'],
    ],
    [
      '65 characters of secret',
      withCredentials({ accessKeyId, secretAccessKey: 's'.repeat(65) }),
      ['keyStores[0].credentials[0].secretAccessKey'],
    ],
    [
      'a secret with a hyphen',
      withCredentials({ accessKeyId, secretAccessKey: `${'s'.repeat(43)}-` }),
      ['keyStores[0].credentials[0].secretAccessKey'],
    ],
  ])('%s → refused at its path', (_, configuration, paths) => {
    expect(pathsOf(refusal(configuration).problems)).toEqual(paths);
  });

  it.each([
    ['the longest path prefix', withStore({ pathPrefix: `/${'p'.repeat(116)}` })],
    ['an empty path prefix', withStore({ pathPrefix: '' })],
    ['a prefix of several parts', withStore({ pathPrefix: '/a/b_c/D-1' })],
    [
      '30 characters of access key id',
      withCredentials({ accessKeyId: 'A'.repeat(30), secretAccessKey }),
    ],
    [
      'a secret of 64 characters',
      withCredentials({ accessKeyId, secretAccessKey: '+/='.padEnd(64, 's') }),
    ],
    ['a key id of 128 characters', withStore({ exposes: ['k'.repeat(128)] })],
  ])('%s → taken', (_, configuration) => {
    expect(() => load(configuration)).not.toThrow();
  });
});
