import { stringify } from 'smol-toml';
import { canaries } from './canaries.js';
import { SECRET_ACCESS_KEY } from './configuration-fixture.js';

/** An entry of `external_key_stores`, as the sample has it. */
export function sampleKeyStore(fields: object = {}) {
  return {
    uri_path_prefix: '/example/store',
    sigv4_access_key_id: 'ABCDEFGHIJKLMNOPQRST',
    sigv4_secret_access_key: SECRET_ACCESS_KEY,
    xks_key_id_set: ['foo', 'bar'],
    ...fields,
  };
}

/** Settings of AWS's sample proxy that can be carried over: SoftHSM, plain HTTP. */
export function sampleSettings() {
  return {
    server: {
      ip: '127.0.0.1',
      port: 8080,
      port_http_ping: 8080,
      region: 'eu-west-1',
      service: 'kms-xks-proxy',
      tcp_keepalive: {},
    },
    tracing: { is_stdout_writer_enabled: true, is_file_writer_enabled: false, level: 'DEBUG' },
    security: { is_sigv4_auth_enabled: true, is_tls_enabled: false, is_mtls_enabled: false },
    external_key_stores: [sampleKeyStore()],
    pkcs11: {
      session_pool_max_size: 30,
      session_pool_timeout_milli: 0,
      session_eager_close: false,
      user_pin: canaries.passphrase,
      PKCS11_HSM_MODULE: '/usr/lib/softhsm/libsofthsm2.so',
      context_read_timeout_milli: 10,
    },
    limits: { max_plaintext_in_base64: 8192, max_aad_in_base64: 16_384 },
    hsm_capabilities: { can_generate_iv: false, is_zero_iv_required: false },
  };
}

/** The settings as TOML, with other fields in some of their tables. */
export function sampleToml(changes: Readonly<Record<string, unknown>> = {}): string {
  const settings: Record<string, unknown> = { ...sampleSettings() };
  for (const [table, change] of Object.entries(changes)) {
    settings[table] =
      typeof change === 'object' && !Array.isArray(change)
        ? { ...(settings[table] as object | undefined), ...change }
        : change;
  }
  return stringify(settings);
}
