import { describe, expect, it } from 'vitest';
import { crossCheck } from '../../../src/configuration/cross-checks.js';
import {
  keyStore,
  load,
  pathsOf,
  refusal,
  validConfiguration,
  warningPathsOf,
  withCredentials,
  withStore,
  withStores,
} from '../../support/configuration-fixture.js';

const secretAccessKey = '${file:access.secret}';
const accessKeyId = 'ABCDEFGHIJKLMNOPQRST';

describe('fields that do not go together', () => {
  const credential = { accessKeyId, secretAccessKey };
  const [fileKeyManager] = validConfiguration().keyManagers;
  it.each<[string, unknown, string[]]>([
    [
      'two listeners of one name',
      {
        ...validConfiguration(),
        listeners: [1, 2].map((port) => ({ name: 'x', host: 'localhost', port, plainHttp: true })),
      },
      ['listeners[1].name'],
    ],
    [
      'two listeners on one port',
      {
        ...validConfiguration(),
        listeners: ['x', 'y'].map((name) => ({
          name,
          host: 'localhost',
          port: 1,
          plainHttp: true,
        })),
      },
      ['listeners[1].port'],
    ],
    [
      'operations on the port of a listener',
      { ...validConfiguration(), operations: { host: '127.0.0.1', port: 8443 } },
      ['operations.port'],
    ],
    [
      'two webhooks of one name',
      {
        ...validConfiguration(),
        notifications: {
          webhooks: [1, 2].map((port) => ({
            ...{ name: 'siem', url: `https://127.0.0.1:${port}/` },
            secret: `whsec_${Buffer.alloc(32).toString('base64')}`,
          })),
        },
      },
      ['notifications.webhooks[1].name'],
    ],
    [
      'two key managers of one name',
      {
        ...validConfiguration(),
        keyManagers: [fileKeyManager, { ...fileKeyManager, directory: 'other' }],
      },
      ['keyManagers[1].name'],
    ],
    [
      'two key managers in one folder',
      {
        ...validConfiguration(),
        keyManagers: [fileKeyManager, { ...fileKeyManager, name: 'other' }],
      },
      ['keyManagers[1].directory'],
    ],
    ...(
      [
        ['the folder of keys', { directory: 'keys' }, 'state.directory'],
        ['the folder of keys, otherwise written', { directory: './x/../keys/' }, 'state.directory'],
        ['a folder in that of keys', { directory: 'keys/state' }, 'state.directory'],
        [
          'the folder of the audit log, which has a default',
          { directory: 'audit' },
          'state.directory',
        ],
        ['the state directory', { directory: '.' }, 'state.directory'],
        ['the folder above it', { directory: '..' }, 'state.directory'],
      ] as const
    ).map(([where, fields, path]): [string, unknown, string[]] => [
      `a state store in ${where}`,
      { ...validConfiguration(), state: { type: 'files', ...fields } },
      [path],
    ]),
    ...['state', 'state/counters'].map((directory): [string, unknown, string[]] => [
      `keys in ${directory}, where the state store is by default`,
      { ...validConfiguration(), keyManagers: [{ ...fileKeyManager, directory }] },
      ['keyManagers[0].directory'],
    ]),
    [
      'the admin socket in the state store',
      {
        ...validConfiguration(),
        state: { type: 'files', directory: 'store' },
        admin: { socket: 'store/admin.sock' },
      },
      ['state.directory'],
    ],
    [
      'the admin socket in the state store, which has a default',
      { ...validConfiguration(), admin: { socket: 'state/admin.sock' } },
      ['admin.socket'],
    ],
    [
      'keys in the folder of a replica',
      {
        ...validConfiguration(),
        state: { type: 'postgres', addresses: ['127.0.0.1:5432'], tls: 'off' },
        keyManagers: [{ ...fileKeyManager, directory: 'replica' }],
      },
      ['state'],
    ],
    [
      'two key stores of one name',
      withStores(keyStore('a'), keyStore('b', { name: 'store-a' })),
      ['keyStores[1].name'],
    ],
    [
      'two key stores on one prefix',
      withStores(keyStore('a', { pathPrefix: '' }), keyStore('b', { pathPrefix: '' })),
      ['keyStores[1].pathPrefix'],
    ],
    [
      'one access key id twice in a key store',
      withCredentials(credential, credential),
      ['keyStores[0].credentials[1].accessKeyId'],
    ],
    [
      'one access key id in two key stores',
      withStores(
        keyStore('a', { credentials: [credential] }),
        keyStore('b', { credentials: [credential] }),
      ),
      ['keyStores[1].credentials[0].accessKeyId'],
    ],
    [
      'a key manager that does not exist',
      withStore({ keyManager: 'file' }),
      ['keyStores[0].keyManager'],
    ],
    [
      'all and all',
      withStores(keyStore('a', { exposes: 'all' }), keyStore('b', { exposes: 'all' })),
      ['keyStores[1].exposes'],
    ],
    [
      'all and a name',
      withStores(keyStore('a', { exposes: 'all' }), keyStore('b')),
      ['keyStores[1].exposes'],
    ],
    [
      'a name twice',
      withStores(keyStore('a', { exposes: ['k'] }), keyStore('b', { exposes: ['j', 'k'] })),
      ['keyStores[1].exposes'],
    ],
    [
      'a pattern and a name',
      withStores(keyStore('a', { exposes: ['hr-*'] }), keyStore('b', { exposes: ['hr-1'] })),
      ['keyStores[1].exposes'],
    ],
    [
      'two patterns that meet',
      withStores(keyStore('a', { exposes: ['hr-*'] }), keyStore('b', { exposes: ['*-1'] })),
      ['keyStores[1].exposes'],
    ],
    [
      'shared said by one alone',
      withStores(keyStore('a', { exposes: 'all', shared: true }), keyStore('b')),
      ['keyStores[1].exposes'],
    ],
  ])('%s → refused at the later one', (_, configuration, paths) => {
    expect(pathsOf(refusal(configuration).problems)).toEqual(paths);
  });

  it.each([
    [
      'one key shared by both',
      withStores(
        keyStore('a', { exposes: 'all', shared: true }),
        keyStore('b', { exposes: 'all', shared: true }),
      ),
    ],
    [
      'a state store beside other folders',
      { ...validConfiguration(), state: { type: 'files', directory: 'keys-state' } },
    ],
    [
      'keys in state, with a store in PostgreSQL',
      {
        ...validConfiguration(),
        state: { type: 'postgres', addresses: ['127.0.0.1:5432'], tls: 'off' },
        keyManagers: [{ ...fileKeyManager, directory: 'state' }],
      },
    ],
    [
      'patterns that never meet',
      withStores(keyStore('a', { exposes: ['hr-*'] }), keyStore('b', { exposes: ['it-*'] })),
    ],
    [
      'a prefix inside another',
      withStores(keyStore('a', { pathPrefix: '/x' }), keyStore('b', { pathPrefix: '/x/y' })),
    ],
    [
      'two free ports',
      {
        ...validConfiguration(),
        listeners: ['x', 'y'].map((name) => ({
          name,
          host: 'localhost',
          port: 0,
          plainHttp: true,
        })),
      },
    ],
  ])('%s → taken', (_, configuration) => {
    expect(() => load(configuration)).not.toThrow();
  });

  it('one key in two key managers → taken, with a warning about neither', () => {
    const keyManagers = [fileKeyManager, { ...fileKeyManager, name: 'other', directory: 'other' }];
    const keyStores = [
      keyStore('a', { exposes: 'all' }),
      keyStore('b', { exposes: 'all', keyManager: 'other' }),
    ];
    const { loaded } = load({ ...validConfiguration(), keyManagers, keyStores });
    expect(warningPathsOf(loaded)).toEqual([]);
  });
});

describe('regions and mutual TLS', () => {
  /** Of listeners and a key store; where they stand, and whether that is refused. */
  function regionProblems(allowed: (string[] | undefined)[], ...regions: (string | undefined)[]) {
    const problems = crossCheck({
      value: {
        listeners: allowed.map((allowedNames) => ({
          tls: allowedNames && { clientCertificates: { allowedNames } },
        })),
        keyStores: regions.map((region) => ({ region })),
      },
      references: new Map(),
      problems: [],
      warnings: [],
    });
    return pathsOf(problems.filter(({ path }) => path.at(-1) === 'region'));
  }
  const ireland = 'cks.kms.eu-west-1.amazonaws.com';
  const frankfurt = 'cks.kms.eu-central-1.amazonaws.com';

  it.each<[string, (string[] | undefined)[], (string | undefined)[], string[]]>([
    ['the region that is let in', [[ireland]], ['eu-west-1'], []],
    ['both of two', [[ireland, frankfurt]], ['eu-west-1', 'eu-central-1'], []],
    ['each by a listener', [[ireland], [frankfurt]], ['eu-west-1', 'eu-central-1'], []],
    ['one of two', [[ireland]], ['eu-west-1', 'eu-central-1'], ['keyStores[1].region']],
    ['a region that is a beginning of one', [[ireland]], ['eu-west'], ['keyStores[0].region']],
    ['capital letters', [[ireland.toUpperCase()]], ['eu-west-1'], []],
    ['a region of China', [['cks.kms.cn-north-1.amazonaws.com.cn']], ['cn-north-1'], []],
    ['any region', [[ireland]], [undefined], []],
    ['another name beside that of KMS', [[ireland, 'proxy.example.com']], ['eu-central-1'], []],
    ['a listener without client certificates', [[ireland], undefined], ['eu-central-1'], []],
  ])('a key store for %s', (_, allowed, regions, expected) => {
    expect(regionProblems(allowed, ...regions)).toEqual(expected);
  });
});

it('policies of one key twice, in ids that differ in case alone → refused', () => {
  const keys = ['payroll', 'Payroll'].map((externalKeyId) => ({ externalKeyId, files: ['none'] }));
  const { problems } = refusal(withStore({ policies: { files: ['none'], keys } }));
  expect(pathsOf(problems)).toContain('keyStores[0].policies.keys[1].externalKeyId');
});
