import { z } from 'zod';
import { externalKeyIdSchema } from '../../admin/contract/fields.js';
import {
  choiceField,
  flagField,
  portField,
  secretField,
} from '../../configuration/reading/field-types.js';
import { keyStoreSchema } from '../../key-stores/config.js';

const { pathPrefix, region, credentials, staticCiphertextMetadata } = keyStoreSchema.shape;
const credential = credentials.unwrap().element.shape;
const text = z.string();
const count = z.int().min(0);

const serverSchema = z.strictObject({
  ip: text,
  port: portField(),
  port_http_ping: portField().default(80),
  region: region.unwrap(),
  service: text,
  ciphertext_metadata_b64: staticCiphertextMetadata,
  tcp_keepalive: z.strictObject({
    tcp_keepalive_secs: count.optional(),
    tcp_keepalive_interval_secs: count.optional(),
    tcp_keepalive_retries: count.optional(),
  }),
});

const securitySchema = z.strictObject({
  is_sigv4_auth_enabled: flagField(),
  is_tls_enabled: flagField(),
  is_mtls_enabled: flagField(),
  secondary_auth: text.optional(),
  oso: z.strictObject({ polar_file_path: text }).optional(),
});

const tlsSchema = z.strictObject({
  tls_cert_pem: text,
  tls_key_pem: text,
  mtls_client_ca_pem: text.optional(),
  mtls_client_dns_name: text.optional(),
});

const tracingSchema = z.strictObject({
  is_stdout_writer_enabled: flagField(),
  is_file_writer_enabled: flagField(),
  level: choiceField(['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR']).optional(),
  directory: text.optional(),
  file_prefix: text.optional(),
  rotation_kind: text.optional(),
});

const externalKeyStoreSchema = z.strictObject({
  uri_path_prefix: pathPrefix,
  sigv4_access_key_id: credential.accessKeyId,
  sigv4_secret_access_key: credential.secretAccessKey,
  xks_key_id_set: z.array(externalKeyIdSchema).min(1),
});

const pkcs11Schema = z.strictObject({
  session_pool_max_size: count,
  session_pool_timeout_milli: count,
  session_eager_close: flagField(),
  user_pin: secretField(/^.+$/s, 'a PIN, not empty'),
  PKCS11_HSM_MODULE: text,
  context_read_timeout_milli: count,
});

const pkcs11LoggerSchema = z.strictObject({
  PKCS11_LOGGER_LIBRARY_PATH: text,
  PKCS11_LOGGER_LOG_FILE_PATH: text,
  PKCS11_LOGGER_FLAGS: text,
});

/**
 * `settings.toml` of AWS's sample proxy. Strict, unlike the sample itself: what is not known here
 * would be dropped.
 *
 * @see https://github.com/aws-samples/aws-kms-xks-proxy, `xks-axum/src/settings.rs`, 3.1.2
 */
export const sampleSettingsSchema = z.strictObject({
  server: serverSchema,
  security: securitySchema,
  tls: tlsSchema.optional(),
  tracing: tracingSchema,
  pkcs11: pkcs11Schema,
  pkcs11_logger: pkcs11LoggerSchema.optional(),
  limits: z.strictObject({ max_plaintext_in_base64: count, max_aad_in_base64: count }),
  hsm_capabilities: z.strictObject({
    can_generate_iv: flagField(),
    is_zero_iv_required: flagField(),
  }),
  external_key_stores: z.array(externalKeyStoreSchema).min(1),
});

/** The sample's settings, checked, secrets wrapped. */
export type SampleSettings = z.output<typeof sampleSettingsSchema>;

/** The choices that Holdfast needs and that the sample's settings do not contain. */
export interface ImportChoices {
  /** The label of the token; the sample takes the first slot. */
  readonly tokenLabel: string;
  /** An upper bound of the encryptions that any one key has made; the sample does not count. */
  readonly priorEncryptions: number;
  /** The absolute path of the folder that Holdfast will write to. */
  readonly stateDirectory: string;
  /** The vendor profile, where the settings do not tell which. */
  readonly profile?: string | undefined;
  /** The folder that the sample is started in, absolute, for the relative paths of its settings. */
  readonly baseDirectory?: string | undefined;
}
