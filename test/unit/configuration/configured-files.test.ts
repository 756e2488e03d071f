import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { alternatives, type OutlineNode } from '../../../src/configuration/reading/outline.js';
import {
  ConfigurationError,
  type ConfigurationProblem,
  formatPath,
} from '../../../src/configuration/reading/problem.js';
import { checkConfiguration } from '../../../src/configuration/check-configuration.js';
import { configurationOutline } from '../../../src/configuration/schema.js';
import { systemClock } from '../../../src/shared/clock.js';
import { makeSelfSigned } from '../../support/certificates.js';
import {
  configurationFolder,
  pathsOf,
  validConfiguration,
} from '../../support/configuration-fixture.js';

let certificate = '';
let privateKey = '';
beforeAll(async () => {
  ({ certificate, privateKey } = await makeSelfSigned({ commonName: 'siem.example.com' }));
});

/** Runs `config check` on a configuration whose folder has these files. */
async function check(
  configuration: object,
  files: Readonly<Record<string, string>>,
): Promise<readonly ConfigurationProblem[]> {
  const folder = configurationFolder();
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
  }
  const file = join(folder, 'holdfast.yaml');
  writeFileSync(file, stringify(configuration, { aliasDuplicateObjects: false }));
  try {
    await checkConfiguration(file, {}, { clock: systemClock, isServersUser: false });
    return [];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    expect(error.problems.every(({ position }) => position !== undefined)).toBe(true);
    return error.problems;
  }
}

const withSink = (tls: object) => ({
  ...validConfiguration(),
  audit: {
    ...validConfiguration().audit,
    sinks: [{ name: 'siem', type: 'syslog', host: 'siem.example.com', tls }],
  },
});
const withKeyManager = (fields: object) => ({
  ...validConfiguration(),
  keyManagers: [{ name: 'files', ...fields }],
});
const vault = (fields: object) =>
  withKeyManager({
    type: 'vault',
    nodes: [{ name: 'a', address: 'https://vault.example.com' }],
    login: { method: 'token', tokenFile: 'token' },
    ...fields,
  });
const pkcs11 = (fields: object) =>
  withKeyManager({
    type: 'pkcs11',
    module: 'library.so',
    profile: 'generic',
    countersDirectory: 'counters',
    nodes: [{ name: 'a', token: { label: 'a' }, pin: '1234' }],
    ...fields,
  });
const postgres = (tls: object) => ({
  ...validConfiguration(),
  state: { type: 'postgres', addresses: ['db.example'], tls },
});
const withWebhook = (fields: object) => ({
  ...validConfiguration(),
  notifications: {
    webhooks: [
      {
        name: 'siem',
        url: 'https://siem.example/',
        secret: `whsec_${Buffer.alloc(32).toString('base64')}`,
        ...fields,
      },
    ],
  },
});
const databaseTls = { certificateAuthority: 'ca.pem', certificate: 'crt', privateKey: 'key' };
const kubernetes = { method: 'kubernetes', role: 'holdfast', jwtFile: 'jwt' };
const client = { clientCertificate: 'crt', clientKey: 'key' };
const module = withKeyManager({ type: 'module', module: 'module.mjs' });

describe('a file that the configuration names', () => {
  it('missing, beside a mistake in the configuration itself → both are told at once', async () => {
    const problems = await check({ ...withSink({ ca: 'ca.pem' }), drainDelayMs: 'soon' }, {});
    const paths = problems.map(({ path }) => formatPath(path));
    expect(paths.toSorted()).toEqual(['audit.sinks[0].tls.ca', 'drainDelayMs']);
  });

  const all = () => ({
    'ca.pem': certificate,
    crt: certificate,
    key: privateKey,
    token: 'hvs.x',
    jwt: 'e30.e30.x',
    'library.so': '',
    'module.mjs': '',
  });
  const cases: [string, object, string, string][] = [
    ['authority of a sink', withSink({ ca: 'ca.pem' }), 'ca.pem', 'audit.sinks[0].tls.ca'],
    [
      'certificate of a sink',
      withSink({ certificate: 'crt', privateKey: 'key' }),
      'crt',
      'audit.sinks[0].tls.certificate',
    ],
    [
      'private key of a sink',
      withSink({ certificate: 'crt', privateKey: 'key' }),
      'key',
      'audit.sinks[0].tls.privateKey',
    ],
    [
      'authority of a webhook',
      withWebhook({ ca: 'ca.pem' }),
      'ca.pem',
      'notifications.webhooks[0].ca',
    ],
    [
      'root of a Vault',
      vault({ tls: { roots: ['ca.pem'] } }),
      'ca.pem',
      'keyManagers[0].tls.roots[0]',
    ],
    ['client certificate', vault({ tls: client }), 'crt', 'keyManagers[0].tls.clientCertificate'],
    ['client key', vault({ tls: client }), 'key', 'keyManagers[0].tls.clientKey'],
    ['token of a Vault', vault({}), 'token', 'keyManagers[0].login.tokenFile'],
    ['token of Kubernetes', vault({ login: kubernetes }), 'jwt', 'keyManagers[0].login.jwtFile'],
    [
      'authority of a database',
      postgres({ certificateAuthority: 'ca.pem' }),
      'ca.pem',
      'state.tls.certificateAuthority',
    ],
    ['certificate at a database', postgres(databaseTls), 'crt', 'state.tls.certificate'],
    ['private key at a database', postgres(databaseTls), 'key', 'state.tls.privateKey'],
    ['PKCS#11 library', pkcs11({}), 'library.so', 'keyManagers[0].module'],
    ['module', module, 'module.mjs', 'keyManagers[0].module'],
  ];
  it.each(cases)(
    '%s: in place → taken; missing → told with its place',
    async (_, configuration, name, path) => {
      expect(await check(configuration, all())).toEqual([]);
      const others = Object.fromEntries(Object.entries(all()).filter(([other]) => other !== name));
      const problems = await check(configuration, others);
      expect(pathsOf(problems)).toEqual([path]);
      expect(problems[0]?.found).toMatch(/^the file \/.*, which does not exist$/);
    },
  );

  it.each([
    ['a key where certificates belong', withSink({ ca: 'key' }), 'audit.sinks[0].tls.ca'],
    ['any text where certificates belong', withSink({ ca: 'token' }), 'audit.sinks[0].tls.ca'],
    [
      'a certificate where a key belongs',
      vault({ tls: { ...client, clientKey: 'crt' } }),
      'keyManagers[0].tls.clientKey',
    ],
    ['a folder as a library', pkcs11({ module: '.' }), 'keyManagers[0].module'],
    ['a folder as an authority', withSink({ ca: '.' }), 'audit.sinks[0].tls.ca'],
  ])('that is %s → told with its place', async (_, configuration, path) => {
    expect(pathsOf(await check(configuration, all()))).toEqual([path]);
  });

  it('in the environment of a library, as its configuration, and missing → told', async () => {
    const environment = { SOFTHSM2_CONF: '/none/softhsm2.conf', OTHER: '/none' };
    const problems = await check(pkcs11({ environment }), all());
    expect(problems.map(({ found }) => found)).toEqual([
      'the file /none/softhsm2.conf, which does not exist',
    ]);
  });

  it('several at once → all of them told', async () => {
    const configuration = { ...vault({ tls: client }), audit: withSink({ ca: 'ca.pem' }).audit };
    expect(await check(configuration, {})).toHaveLength(4);
  });
});

describe('the fields of the configuration that are paths', () => {
  it('each is looked at, one way or another → a new one has to be added where it belongs', () => {
    expect([...new Set(pathFields(configurationOutline.root))].sort()).toEqual([
      // Folders that are written to (written-folders.ts).
      'admin.socket',
      'audit.directory',
      // Files that are read when they are needed (configured-files.ts).
      'audit.sinks.tls.ca',
      'audit.sinks.tls.certificate',
      'audit.sinks.tls.privateKey',
      'keyManagers.countersDirectory',
      'keyManagers.directory',
      'keyManagers.login.jwtFile',
      'keyManagers.login.tokenFile',
      'keyManagers.module',
      'keyManagers.tls.clientCertificate',
      'keyManagers.tls.clientKey',
      'keyManagers.tls.roots',
      // Policies, read when the configuration is loaded (policy-sources.ts).
      'keyStores.policies.directory',
      'keyStores.policies.files',
      'keyStores.policies.keys.directory',
      'keyStores.policies.keys.files',
      'keyStores.policies.shadow.directory',
      'keyStores.policies.shadow.files',
      'keyStores.policies.shadow.keys.directory',
      'keyStores.policies.shadow.keys.files',
      // Files that are read when the configuration is loaded (listener-files.ts).
      'listeners.tls.certificateChain',
      'listeners.tls.clientCertificates.roots',
      'listeners.tls.privateKey',
      'notifications.webhooks.ca',
      'state.directory',
      'state.tls.certificate',
      'state.tls.certificateAuthority',
      'state.tls.privateKey',
      'stateDirectory',
    ]);
  });
});

function pathFields(node: OutlineNode, name = ''): string[] {
  return alternatives(node).flatMap((each) => [
    ...(each.format === 'path' ? [name] : []),
    ...[each.items]
      .flat()
      .flatMap((item) => (typeof item === 'object' ? pathFields(item, name) : [])),
    ...Object.entries(each.properties ?? {}).flatMap(([field, inside]) =>
      typeof inside === 'object'
        ? pathFields(inside, name === '' ? field : `${name}.${field}`)
        : [],
    ),
  ]);
}
