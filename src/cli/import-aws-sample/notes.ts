import { isLogged } from './key-manager.js';
import type { SampleSettings } from './settings.js';

/** A setting that has no counterpart, and what takes its place. */
export interface ImportNote {
  readonly setting: string;
  readonly note: string;
}

interface Rule extends ImportNote {
  readonly applies: (settings: SampleSettings) => boolean;
}

const RULES: readonly Rule[] = [
  {
    setting: 'server.tcp_keepalive',
    note: 'left out; connections are closed when idle (listeners[].limits)',
    applies: ({ server }) =>
      Object.values(server.tcp_keepalive).some((value) => value !== undefined),
  },
  {
    setting: 'server.port_http_ping',
    note: 'now operations, which serves /metrics beside /ping: keep it off public networks',
    applies: ({ server }) => server.port !== server.port_http_ping,
  },
  {
    setting: 'server.ciphertext_metadata_b64',
    note: 'kept for a way back alone (write: aws-sample); what is decrypted carries its own',
    applies: ({ server }) => server.ciphertext_metadata_b64 !== undefined,
  },
  {
    setting: 'security.oso',
    note: 'left out; it has no effect without security.secondary_auth',
    applies: ({ security }) => security.oso !== undefined,
  },
  {
    setting: 'tls',
    note: 'left out; security.is_tls_enabled is false',
    applies: ({ security, tls }) => tls !== undefined && !security.is_tls_enabled,
  },
  {
    setting: 'tls.mtls_client_ca_pem, tls.mtls_client_dns_name',
    note: 'left out; security.is_mtls_enabled is false',
    applies: ({ security, tls }) =>
      security.is_tls_enabled &&
      !security.is_mtls_enabled &&
      [tls?.mtls_client_ca_pem, tls?.mtls_client_dns_name].some((value) => value !== undefined),
  },
  {
    setting: 'tracing.is_file_writer_enabled and the file that it describes',
    note: 'left out; the log goes to standard output, for whatever starts Holdfast to keep',
    applies: ({ tracing }) => tracing.is_file_writer_enabled,
  },
  {
    setting:
      'pkcs11.session_pool_max_size, session_pool_timeout_milli, session_eager_close, ' +
      'context_read_timeout_milli',
    note: 'left out; keyManagers[].children and hangTimeoutMs and deadlineMs do that work',
    applies: () => true,
  },
  {
    setting: 'pkcs11.PKCS11_HSM_MODULE',
    note: 'pkcs11-logger is left out, and the library behind it is loaded',
    applies: isLogged,
  },
  {
    setting: 'pkcs11_logger',
    note: 'left out; it logs what goes to the HSM',
    applies: ({ pkcs11_logger: logger }) => logger !== undefined,
  },
  {
    setting: 'limits',
    note: 'now one limit for the whole body (listeners[].limits.maxBodyBytes)',
    applies: () => true,
  },
];

/** Lists the settings that were not carried over word for word, with the difference for each. */
export function notesOn(settings: SampleSettings): readonly ImportNote[] {
  return RULES.filter(({ applies }) => applies(settings));
}
