import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatPath } from '../../../src/configuration/reading/problem.js';
import {
  loadConfiguration,
  readConfiguration,
  resolveConfiguration,
} from '../../../src/configuration/configuration-file.js';
import { configurationFile } from '../../../src/configuration/overrides.js';
import { systemClock } from '../../../src/shared/clock.js';
import { makeSelfSigned } from '../../support/certificates.js';
import {
  configurationFolder,
  load,
  MASTER_KEY,
  pathsOf,
  refusal,
  SECRET_ACCESS_KEY,
  validConfiguration,
  warningPathsOf,
  withCredentials,
  withListener,
} from '../../support/configuration-fixture.js';

const QUICKSTART = configurationFile({});

describe('the environment', () => {
  it('HOLDFAST_CONFIG → the file, else the quickstart', () => {
    expect(configurationFile({ HOLDFAST_CONFIG: '/etc/holdfast.yaml' })).toBe('/etc/holdfast.yaml');
    expect(QUICKSTART).toMatch(/\/config\/quickstart\.yaml$/);
    expect(configurationFile({ HOLDFAST_CONFIG: '' })).toBe(QUICKSTART);
  });

  it('HOLDFAST_PORT and HOLDFAST_OPERATIONS_PORT → override the ports', () => {
    const env = { HOLDFAST_PORT: '0', HOLDFAST_OPERATIONS_PORT: '9999' };
    const { configuration } = load(validConfiguration(), env).loaded;
    expect(configuration.listeners[0]?.port).toBe(0);
    expect(configuration.operations).toEqual({ host: '127.0.0.1', port: 9999 });
  });

  it('HOLDFAST_STATE_DIR → relative paths and secrets start there', () => {
    const HOLDFAST_STATE_DIR = configurationFolder();
    const { configuration } = load(validConfiguration(), { HOLDFAST_STATE_DIR }).loaded;
    expect(configuration.stateDirectory).toBe(HOLDFAST_STATE_DIR);
    const directory = join(HOLDFAST_STATE_DIR, 'keys');
    expect(configuration.keyManagers).toMatchObject([{ directory }]);
    expect(configuration.admin.socket).toBe(join(HOLDFAST_STATE_DIR, 'admin.sock'));
  });

  it('a state directory by reference → resolved before the secrets are', () => {
    const STATE = configurationFolder();
    const written = { ...validConfiguration(), stateDirectory: '${env:STATE}' };
    expect(load(written, { STATE }).loaded.configuration.stateDirectory).toBe(STATE);
    expect(pathsOf(refusal(written).problems)).toContain('stateDirectory');
  });

  it.each(['x', '-1', '65536', '1.5', ' 1', '0x10', '1e3'])(
    'HOLDFAST_PORT of %j → refused by name',
    (HOLDFAST_PORT) => {
      expect(pathsOf(refusal(validConfiguration(), { HOLDFAST_PORT }).problems)).toEqual([
        'HOLDFAST_PORT',
      ]);
    },
  );

  it('an override of a list that is missing → the missing list is reported', () => {
    const { problems } = refusal(
      { ...validConfiguration(), listeners: undefined },
      {
        HOLDFAST_PORT: '1',
      },
    );
    expect(pathsOf(problems)).toEqual(['listeners']);
  });
});

describe('warnings', () => {
  const warningPaths = (configuration: unknown, env = {}) =>
    warningPathsOf(load(configuration, env).loaded);

  it('a listener without TLS → a warning', () => {
    const { warnings } = load(validConfiguration()).loaded;
    expect(warnings.map(({ path }) => formatPath(path))).toEqual(['listeners[0].plainHttp']);
  });

  it('a secret in the file itself → a warning without the secret', () => {
    const configuration = withCredentials({
      accessKeyId: 'A'.repeat(20),
      secretAccessKey: SECRET_ACCESS_KEY,
    });
    expect(warningPaths(configuration)).toEqual(['keyStores[0].credentials[0].secretAccessKey']);
    expect(JSON.stringify(load(configuration).loaded.warnings)).not.toContain(SECRET_ACCESS_KEY);
  });

  it('a file of a secret that others can read → a warning', () => {
    const folder = configurationFolder();
    chmodSync(join(folder, 'master.key'), 0o640);
    expect(warningPaths(validConfiguration(), { HOLDFAST_STATE_DIR: folder })).toEqual([
      'audit.signingKey.masterKey.key',
      'keyManagers[0].masterKey.key',
    ]);
  });

  it('a key manager that no key store uses → a warning', () => {
    const [files] = validConfiguration().keyManagers;
    const keyManagers = [files, { ...files, name: 'spare', directory: 'spare' }];
    expect(warningPaths({ ...validConfiguration(), keyManagers })).toEqual(['keyManagers[1].name']);
  });

  it.each([
    ['0.0.0.0', ['listeners[0].host']],
    ['127.0.0.1', []],
    ['localhost', []],
    ['::1', []],
  ])('the quickstart on %s → %j', (host, expected) => {
    expect(warningPaths({ ...withListener({ host }), quickstart: true })).toEqual(expected);
  });
});

describe('reading', () => {
  it.each(['/nowhere/holdfast.yaml', '/'])('%s → refused by name', (file) => {
    expect(() => loadConfiguration(file, {}, systemClock)).toThrow(file);
  });

  it('secrets made between reading and resolving, as the quickstart does → found', async () => {
    const HOLDFAST_STATE_DIR = configurationFolder();
    const env = { HOLDFAST_STATE_DIR };
    const source = readConfiguration(QUICKSTART, env);
    expect(source).toMatchObject({ quickstart: true, stateDirectory: HOLDFAST_STATE_DIR });
    expect(() => resolveConfiguration(source, env, systemClock)).toThrow('quickstart/master.key');
    const secrets = {
      'master.key': MASTER_KEY,
      'access-key-id': 'A'.repeat(24),
      'secret-access-key': SECRET_ACCESS_KEY,
    };
    mkdirSync(join(HOLDFAST_STATE_DIR, 'quickstart'));
    const { certificate, privateKey } = await makeSelfSigned({
      commonName: 'localhost',
      dnsNames: ['localhost'],
    });
    Object.assign(secrets, { 'server.pem': certificate, 'server.key': privateKey });
    for (const [name, text] of Object.entries(secrets)) {
      writeFileSync(join(HOLDFAST_STATE_DIR, 'quickstart', name), text, { mode: 0o600 });
    }
    const { configuration, warnings } = resolveConfiguration(source, env, systemClock);
    expect(warnings.map(({ message }) => message)).toEqual([
      expect.stringContaining('self-signed'),
    ]);
    expect(configuration).toMatchObject({
      quickstart: true,
      drainDelayMs: 0,
      operations: { port: 0 },
      listeners: [{ port: 8443, tls: { publicNames: ['localhost'] } }],
      keyStores: [{ name: 'quickstart', exposes: 'all' }],
    });
  });

  it('config/production.example.yaml with its files in place → taken without a warning but of the authority', async () => {
    const folder = configurationFolder();
    const example = readFileSync(
      QUICKSTART.replace('quickstart.yaml', 'production.example.yaml'),
      'utf8',
    );
    for (const [, path = ''] of example.matchAll(/\$\{file:\/etc\/holdfast\/(.+)\}/g)) {
      mkdirSync(join(folder, path, '..'), { recursive: true });
      const text = path.endsWith('.key') ? MASTER_KEY : SECRET_ACCESS_KEY;
      writeFileSync(join(folder, path), `${text}\n`, { mode: 0o600 });
    }
    const { certificate, privateKey } = await makeSelfSigned({
      commonName: 'xks.example.com',
      dnsNames: ['xks.example.com'],
    });
    cpSync(join(QUICKSTART, '../../certs'), join(folder, 'certs'), { recursive: true });
    const files = { 'tls/chain.pem': certificate, 'tls/key.pem': privateKey };
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(folder, path, '..'), { recursive: true });
      writeFileSync(join(folder, path), text, { mode: 0o600 });
    }
    const { loaded } = load(example.replaceAll('/etc/holdfast', folder));
    expect(loaded.warnings.map(({ message }) => message)).toEqual([
      expect.stringContaining('self-signed'),
    ]);
    expect(loaded.configuration.keyStores.map(({ name }) => name)).toEqual(['payroll', 'backups']);
  });
});

describe('texts', () => {
  it('half of a surrogate pair, which YAML can escape → refused, because no log could have it', () => {
    const yaml = JSON.stringify(validConfiguration()).replace(
      '"directory":"keys"',
      '"directory":"keys","location":"Berlin \\ud800"',
    );
    const { problems } = refusal(yaml);
    expect(problems).toMatchObject([
      { path: ['keyManagers', 0, 'location'], allowed: 'well-formed Unicode' },
    ]);
  });
});
