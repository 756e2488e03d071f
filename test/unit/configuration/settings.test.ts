import { describe, expect, it } from 'vitest';
import { configurationRecords } from '../../../src/composition/audit.js';
import type { LoadedConfiguration } from '../../../src/configuration/configuration-file.js';
import { configuredValues, settingsOf as settingsIn } from '../../../src/configuration/settings.js';
import { KeyStore } from '../../../src/key-stores/key-store.js';
import { KeyStoreTable } from '../../../src/key-stores/key-store-table.js';
import { Payloads } from '../../../src/audit/log/payloads.js';
import {
  keyStore,
  load,
  MASTER_KEY,
  SECRET_ACCESS_KEY,
  validConfiguration,
  withListener,
  withStore,
  withStores,
} from '../../support/configuration-fixture.js';

/** `path = value`, a line each. */
function settingsOf(configuration: object, env = {}): string[] {
  const { folder, loaded } = load(configuration, env);
  return loaded.settings.map(({ path, value }) =>
    `${path} = ${JSON.stringify(value)}`.replace(folder, '.'),
  );
}

/** Lists what is in the first and no more in the second. */
function gone(before: object, after: object): string[] {
  const still = settingsOf(after);
  return settingsOf(before).filter((setting) => !still.includes(setting));
}

const pkcs11 = (fields: object) => ({
  ...validConfiguration(),
  keyManagers: [
    {
      name: 'files',
      type: 'pkcs11',
      module: '/usr/lib/hsm.so',
      profile: 'generic',
      countersDirectory: 'counters',
      nodes: [{ name: 'hsm-1', token: { label: 'a' }, pin: '${file:access.secret}' }],
      ...fields,
    },
  ],
});

describe('the settings of a configuration', () => {
  it.each<[string, object, object, string[]]>([
    [
      'an exposed key is taken off a list',
      withStore({ exposes: ['a-*', 'b'] }),
      withStore({ exposes: ['a-*'] }),
      ['keyStores[store-a].exposes = "b"'],
    ],
    [
      'all keys are exposed',
      withStore({ exposes: ['a-*'] }),
      withStore({ exposes: 'all' }),
      ['keyStores[store-a].exposes = "a-*"'],
    ],
    [
      'a region is no longer demanded',
      withStore({ region: 'eu-west-1' }),
      withStore({}),
      ['keyStores[store-a].region = "eu-west-1"'],
    ],
    [
      'a credential is removed',
      withStores(keyStore('a'), keyStore('b')),
      withStores(keyStore('a')),
      [
        'keyStores[store-b].name = "store-b"',
        'keyStores[store-b].pathPrefix = "/b"',
        'keyStores[store-b].keyManager = "files"',
        'keyStores[store-b].exposes = "b-*"',
        'keyStores[store-b].shared = false',
        'keyStores[store-b].credentials[BBBBBBBBBBBBBBBBBBBB].accessKeyId = "BBBBBBBBBBBBBBBBBBBB"',
        'keyStores[store-b].credentials[BBBBBBBBBBBBBBBBBBBB].secretAccessKey = "${file:access.secret}"',
        'keyStores[store-b].credentialInUseMinutes = 10',
      ],
    ],
    [
      'a limit is raised above its default',
      withListener({}),
      withListener({ limits: { maxConnections: 9_999 } }),
      ['listeners[0].limits.maxConnections = 4096'],
    ],
    [
      'the deadline is raised',
      validConfiguration(),
      { ...validConfiguration(), deadlineMs: 999 },
      ['deadlineMs = 140'],
    ],
    [
      'an earlier key store is put before others',
      withStores(keyStore('a'), keyStore('b')),
      withStores(keyStore('b'), keyStore('a')),
      [],
    ],
  ])('%s → seen', (_, before, after, expected) => {
    expect(gone(before, after)).toEqual(expected);
  });

  it('mutual TLS → its roots and names, one by one', () => {
    const clientCertificates = { roots: ['/1.pem', '/2.pem'], allowedNames: ['kms'] };
    const configuration = { listeners: [{ name: 'public', tls: { clientCertificates } }] };
    const at = 'listeners[public].tls.clientCertificates';
    expect(settingsIn(configuredValues(configuration, new Map()))).toEqual([
      { path: 'listeners[public].name', value: 'public' },
      { path: `${at}.roots`, value: '/1.pem' },
      { path: `${at}.roots`, value: '/2.pem' },
      { path: `${at}.allowedNames`, value: 'kms' },
    ]);
  });

  it.each<[string, object, object]>([
    ['by reference', {}, { key: '${file:master.key}' }],
    ['in the file itself', {}, { key: MASTER_KEY }],
    ['in the environment', { MASTER: MASTER_KEY }, { key: '${env:MASTER}' }],
  ])('a secret %s → where it stands, and never the secret', (_, env, masterKey) => {
    const credentials = [{ accessKeyId: 'A'.repeat(20), secretAccessKey: SECRET_ACCESS_KEY }];
    const configuration = {
      ...withStore({ credentials }),
      keyManagers: [{ name: 'files', type: 'file', directory: 'keys', masterKey }],
    };
    const settings = settingsOf(configuration, env);
    expect(settings.join('\n')).not.toContain(MASTER_KEY);
    expect(settings.join('\n')).not.toContain(SECRET_ACCESS_KEY);
    const [told] = Object.values(masterKey);
    const expected = told === MASTER_KEY ? '[secret]' : String(told);
    expect(settings).toContain(`keyManagers[files].masterKey.key = "${expected}"`);
  });

  it.each([
    [
      'a list',
      [
        { name: 'HSM_PASSWORD', value: 'hunter2hunter2' },
        { name: 'HSM_TOKEN', value: '${file:access.secret}' },
      ],
    ],
    ['a map', { HSM_PASSWORD: 'hunter2hunter2', HSM_TOKEN: '${file:access.secret}' }],
  ])('variables that may hold a secret, in %s → their references alone', (_, environment) => {
    const settings = settingsOf(pkcs11({ environment }));
    const at = 'keyManagers[files].environment';
    expect(settings).toContain(`${at}[HSM_PASSWORD].value = "[not recorded]"`);
    expect(settings).toContain(`${at}[HSM_TOKEN].value = "\${file:access.secret}"`);
    expect(settings).toContain('keyManagers[files].nodes[hsm-1].pin = "${file:access.secret}"');
    expect(settings.join()).not.toMatch(/hunter2|c2VjcmV0/);
  });

  it('parameters of a library → not recorded', () => {
    const settings = settingsOf(pkcs11({ libraryParameters: 'dir=/x password=hunter2hunter2' }));
    expect(settings).toContain('keyManagers[files].libraryParameters = "[not recorded]"');
    expect(settings.join()).not.toContain('hunter2');
  });

  it('options of a module, and a role id → not recorded', () => {
    const options = { password: 'hunter2hunter2', deep: { list: ['hunter2hunter2'] } };
    const module = { name: 'm', type: 'module', module: 'm.mjs', options };
    const login = {
      method: 'approle',
      roleId: 'hunter2hunter2',
      secretId: '${file:access.secret}',
    };
    const nodes = [{ name: 'a', address: 'https://vault.example.com' }];
    const vault = { name: 'v', type: 'vault', nodes, login };
    const keyManagers = [...validConfiguration().keyManagers, module, vault];
    const settings = settingsOf({ ...validConfiguration(), keyManagers });
    expect(settings).toContain('keyManagers[m].options.deep.list = "[not recorded]"');
    expect(settings).toContain('keyManagers[v].login.secretId = "${file:access.secret}"');
    expect(settings.join()).not.toMatch(/hunter2|c2VjcmV0/);
  });

  it.each([
    [
      'https://hooks.example.com:8443/services/hunter2',
      'https://hooks.example.com:8443/[not recorded]',
    ],
    ['https://hooks.example.com?token=hunter2', 'https://hooks.example.com/[not recorded]'],
    ['https://hooks.example.com/', 'https://hooks.example.com/'],
  ])('the address of a webhook, %s → %s', (url, told) => {
    const secret = `whsec_${'A'.repeat(32)}`;
    const notifications = { webhooks: [{ name: 'siem', url, secret }] };
    const settings = settingsOf({ ...validConfiguration(), notifications });
    expect(settings).toContain(`notifications.webhooks[siem].url = "${told}"`);
    expect(settings.join()).not.toContain('hunter2');
  });
});

describe('the records of a configuration', () => {
  it('a thousand key stores → in as many records as it takes, none too long, nothing lost', () => {
    const { loaded } = load(withStore({}));
    const many = Array.from({ length: 1_000 }, (_, index) => ({
      path: `keyStores[${index}].exposes`,
      value: `ü${'x'.repeat(100)}`,
    }));
    const big: LoadedConfiguration = { ...loaded, settings: many };
    const records = recordsOf(big);
    expect(records.length).toBeGreaterThan(1);
    expect(records.flatMap(({ settings = [] }) => settings)).toEqual(many);
    expect(records.map(({ part }) => part)).toEqual(records.map((_, index) => index + 1));
    const payloads = new Payloads('replica-1', { now: () => 0 });
    for (const fields of records) {
      expect(payloads.of('configuration', fields)).not.toContain('"cut"');
    }
  });

  it('a small configuration → one record, which has all of it', () => {
    const { loaded } = load(validConfiguration());
    const [first, ...others] = recordsOf(loaded);
    expect(others).toEqual([]);
    expect(first).toMatchObject({
      part: 1,
      parts: 1,
      state: { type: 'files', id: 'a'.repeat(32) },
      keyStores: [{ name: 'store-a' }, { name: 'store-b' }],
      settings: loaded.settings,
    });
  });
});

function recordsOf(loaded: LoadedConfiguration) {
  const { audit, keyStores } = loaded.configuration;
  if (audit === undefined) throw new Error('the fixture has an audit log');
  const served = {
    keyStores: new KeyStoreTable(keyStores.map((config) => new KeyStore(config))),
    keyManagers: new Map(),
  };
  return configurationRecords({ number: 1, loaded, ...served }, audit, 'start', 'a'.repeat(32));
}
