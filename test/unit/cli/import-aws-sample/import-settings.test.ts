import { describe, expect, it } from 'vitest';
import { importSettings } from '../../../../src/cli/import-aws-sample/import-settings.js';
import type { ImportChoices } from '../../../../src/cli/import-aws-sample/settings.js';
import { ConfigurationError } from '../../../../src/configuration/reading/problem.js';
import { pathsOf, SECRET_ACCESS_KEY } from '../../../support/configuration-fixture.js';
import { sampleKeyStore, sampleToml } from '../../../support/sample-settings.js';

type Changes = Readonly<Record<string, unknown>>;

const choices: ImportChoices = {
  tokenLabel: 'xks',
  priorEncryptions: 1_000,
  stateDirectory: '/var/lib/holdfast',
};

function imported(changes: Changes = {}, other: Partial<ImportChoices> = {}) {
  const source = { file: 'settings.toml', text: sampleToml(changes) };
  return importSettings(source, { ...choices, ...other }, ({ fileName }) => fileName);
}

function refusal(work: () => unknown): ConfigurationError {
  try {
    work();
  } catch (error) {
    if (error instanceof ConfigurationError) return error;
    throw error;
  }
  throw new Error('the settings were taken');
}

const TLS = { tls_cert_pem: '/tls/chain.pem', tls_key_pem: '/tls/key.pem' };
const MTLS = { mtls_client_ca_pem: '/tls/ca.pem', mtls_client_dns_name: 'cks.kms.example.com' };

describe('what is carried over', () => {
  it('the smallest settings → a key manager and a key store that open what the sample made', () => {
    expect(imported().configuration).toEqual({
      stateDirectory: '/var/lib/holdfast',
      listeners: [{ host: '127.0.0.1', port: 8080, plainHttp: true }],
      log: { level: 'debug' },
      keyManagers: [
        {
          name: 'hsm',
          type: 'pkcs11',
          module: '/usr/lib/softhsm/libsofthsm2.so',
          nodes: [{ name: 'hsm', token: { label: 'xks' }, pin: 'hsm.pin' }],
          profile: 'softhsm',
          keyLabel: '{externalKeyId}',
          countersDirectory: 'counters',
          priorEncryptions: 1_000,
        },
      ],
      keyStores: [
        {
          name: 'example-store',
          pathPrefix: '/example/store',
          keyManager: 'hsm',
          region: 'eu-west-1',
          exposes: ['foo', 'bar'],
          shared: false,
          compatibility: 'aws-sample',
          credentials: [
            {
              accessKeyId: 'ABCDEFGHIJKLMNOPQRST',
              secretAccessKey: 'ABCDEFGHIJKLMNOPQRST.secret',
            },
          ],
        },
      ],
    });
  });

  it('TLS and mutual TLS → the files, absolute, and the name of the client', () => {
    const security = { is_tls_enabled: true, is_mtls_enabled: true };
    const tls = { ...TLS, ...MTLS, tls_key_pem: 'tls/key.pem' };
    const { configuration } = imported({ security, tls }, { baseDirectory: '/srv/xks' });
    expect(configuration).toMatchObject({
      listeners: [
        {
          tls: {
            certificateChain: '/tls/chain.pem',
            privateKey: '/srv/xks/tls/key.pem',
            clientCertificates: {
              roots: ['/tls/ca.pem'],
              allowedNames: ['cks.kms.example.com'],
            },
          },
        },
      ],
    });
  });

  it.each<[string, Changes, object]>([
    [
      'a port for /ping of its own',
      { server: { port_http_ping: 80 } },
      { operations: { host: '127.0.0.1', port: 80 } },
    ],
    [
      'the metadata',
      { server: { ciphertext_metadata_b64: 'djAuMC4x' } },
      { keyStores: [{ staticCiphertextMetadata: 'djAuMC4x' }] },
    ],
    [
      'large bodies',
      { limits: { max_aad_in_base64: 100_000 } },
      { listeners: [{ limits: { maxBodyBytes: 8_192 + 100_000 + 16_384 } }] },
    ],
    [
      'no log at all',
      { tracing: { is_stdout_writer_enabled: false } },
      { log: { level: 'silent' } },
    ],
    ['no level', { tracing: { level: undefined } }, { log: { level: 'info' } }],
    [
      'pkcs11-logger',
      {
        pkcs11: { PKCS11_HSM_MODULE: '/x/pkcs11-logger-x64.so' },
        pkcs11_logger: {
          PKCS11_LOGGER_LIBRARY_PATH: '/usr/safenet/lunaclient/lib/libCryptoki2_64.so',
          PKCS11_LOGGER_LOG_FILE_PATH: '/x.log',
          PKCS11_LOGGER_FLAGS: '0',
        },
        hsm_capabilities: { can_generate_iv: true },
      },
      {
        keyManagers: [
          { module: '/usr/safenet/lunaclient/lib/libCryptoki2_64.so', profile: 'luna' },
        ],
      },
    ],
    [
      'CloudHSM',
      {
        pkcs11: { PKCS11_HSM_MODULE: '/opt/cloudhsm/lib/libcloudhsm_pkcs11.so' },
        hsm_capabilities: { can_generate_iv: true, is_zero_iv_required: true },
      },
      { keyManagers: [{ profile: 'cloudhsm' }] },
    ],
    [
      'another HSM that takes IVs',
      { pkcs11: { PKCS11_HSM_MODULE: '/opt/other.so' } },
      { keyManagers: [{ profile: 'generic' }] },
    ],
    [
      'no path prefix',
      { external_key_stores: [sampleKeyStore({ uri_path_prefix: '' })] },
      { keyStores: [{ name: 'key-store-1', pathPrefix: '' }] },
    ],
    [
      'a key in two key stores, whose prefixes make one name',
      {
        external_key_stores: [
          sampleKeyStore({ uri_path_prefix: '/a/b' }),
          sampleKeyStore({
            uri_path_prefix: '/a-b',
            sigv4_access_key_id: 'BCDEFGHIJKLMNOPQRSTU',
            xks_key_id_set: ['bar'],
          }),
        ],
      },
      {
        keyStores: [
          { name: 'key-store-1', shared: true },
          { name: 'key-store-2', shared: true },
        ],
      },
    ],
  ])('%s → carried over', (_, changes, expected) => {
    expect(imported(changes).configuration).toMatchObject(expected);
  });
});

describe('what is not carried over', () => {
  const metadata = (bytes: Buffer) => ({ ciphertext_metadata_b64: bytes.toString('base64') });
  it.each<[string, Changes, string]>([
    ['secondary authorization', { security: { secondary_auth: 'Oso' } }, 'security.secondary_auth'],
    [
      'requests without a signature',
      { security: { is_sigv4_auth_enabled: false } },
      'security.is_sigv4_auth_enabled',
    ],
    ['another service', { server: { service: 'kms' } }, 'server.service'],
    [
      'metadata that reads as ours',
      { server: metadata(Buffer.from('01000000010011223344556677', 'hex')) },
      'server.ciphertext_metadata_b64',
    ],
    [
      '21 bytes of metadata',
      { server: metadata(Buffer.alloc(21)) },
      'server.ciphertext_metadata_b64',
    ],
    ['TLS without files', { security: { is_tls_enabled: true } }, 'tls'],
    ['mutual TLS without TLS', { security: { is_mtls_enabled: true } }, 'security.is_mtls_enabled'],
    [
      'mutual TLS without a CA',
      { security: { is_tls_enabled: true, is_mtls_enabled: true }, tls: TLS },
      'tls',
    ],
    [
      'a relative path',
      { security: { is_tls_enabled: true }, tls: { ...TLS, tls_cert_pem: 'tls/chain.pem' } },
      'tls.tls_cert_pem',
    ],
    [
      'zeros for an IV, for a module that nobody knows',
      { hsm_capabilities: { can_generate_iv: true, is_zero_iv_required: true } },
      'hsm_capabilities.is_zero_iv_required',
    ],
    ['an unknown field', { server: { speed: 1 } }, 'server.speed'],
    ['an unknown table', { extra: { speed: 1 } }, 'extra'],
    [
      'a key id that KMS could not name',
      { external_key_stores: [sampleKeyStore({ xks_key_id_set: ['a/b'] })] },
      'external_key_stores[0].xks_key_id_set[0]',
    ],
    [
      'one credential in two key stores',
      { external_key_stores: [sampleKeyStore(), sampleKeyStore({ uri_path_prefix: '/b' })] },
      'keyStores[1].credentials[0].accessKeyId',
    ],
    [
      'the key of the health checks',
      { external_key_stores: [sampleKeyStore({ xks_key_id_set: ['holdfast-health-test'] })] },
      'keyStores[0].exposes[0]',
    ],
  ])('%s → refused there', (_, changes, path) => {
    expect(pathsOf(refusal(() => imported(changes)).problems)).toEqual([path]);
  });

  it('several at once → all of them', () => {
    const changes = { server: { service: 'kms' }, security: { secondary_auth: 'Oso' } };
    expect(refusal(() => imported(changes)).problems).toHaveLength(2);
  });

  it('a profile of that name that does not exist → refused', () => {
    expect(pathsOf(refusal(() => imported({}, { profile: 'other' })).problems)).toEqual([
      'keyManagers[0].profile',
    ]);
  });

  it('no TOML → the place, and nothing of the text', () => {
    const text = `${sampleToml()}\nuser_pin = "${SECRET_ACCESS_KEY}`;
    const { message, problems } = refusal(() =>
      importSettings({ file: 'settings.toml', text }, choices, () => ''),
    );
    expect(problems[0]?.position?.line).toBeGreaterThan(1);
    expect(message).not.toContain(SECRET_ACCESS_KEY);
  });
});

describe('what has no counterpart', () => {
  const settingsOf = ({ notes }: ReturnType<typeof imported>) =>
    notes.map(({ setting }) => setting);
  const always = settingsOf(imported());

  it('the pool of sessions and the limits → told of always', () => {
    expect(always).toEqual([expect.stringContaining('session_pool_max_size'), 'limits']);
  });

  it.each<[string, Changes, string]>([
    [
      'keep-alive',
      { server: { tcp_keepalive: { tcp_keepalive_secs: 60 } } },
      'server.tcp_keepalive',
    ],
    ['a port for /ping', { server: { port_http_ping: 80 } }, 'server.port_http_ping'],
    [
      'metadata',
      { server: { ciphertext_metadata_b64: 'djAuMC4x' } },
      'server.ciphertext_metadata_b64',
    ],
    ['policies not in use', { security: { oso: { polar_file_path: 'x' } } }, 'security.oso'],
    ['TLS not in use', { tls: TLS }, 'tls'],
    [
      'mutual TLS not in use',
      { security: { is_tls_enabled: true }, tls: { ...TLS, ...MTLS } },
      'tls.mtls_client_ca_pem, tls.mtls_client_dns_name',
    ],
    [
      'a log file',
      { tracing: { is_file_writer_enabled: true, directory: '/var/log' } },
      'tracing.is_file_writer_enabled and the file that it describes',
    ],
  ])('%s → told of', (_, changes, setting) => {
    const told = settingsOf(imported(changes));
    expect(told.filter((each) => !always.includes(each))).toEqual([setting]);
  });
});
