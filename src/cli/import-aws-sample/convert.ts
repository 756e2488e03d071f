import { resolve } from 'node:path';
import type { Secret } from '../../shared/secret.js';
import { KEY_MANAGER, keyManagerOf } from './key-manager.js';
import type { ImportChoices, SampleSettings } from './settings.js';

/** A secret of the settings and the file that it is to be kept in. */
export interface ImportedSecret {
  /** File name, without a folder. */
  readonly fileName: string;
  /** Its place in the settings. */
  readonly setting: string;
  readonly secret: Secret;
}

/** Returns the reference that the configuration holds instead of a secret. */
export type Refer = (secret: ImportedSecret) => string;

type SampleKeyStore = SampleSettings['external_key_stores'][number];

/** The largest part of a body that is neither plaintext nor AAD. */
const REST_OF_BODY_BYTES = 16_384;
const DEFAULT_MAX_BODY_BYTES = 65_536;

/** The configuration that does what the settings say, as it is written. */
export function convert(settings: SampleSettings, choices: ImportChoices, refer: Refer) {
  const pin = { fileName: 'hsm.pin', setting: 'pkcs11.user_pin', secret: settings.pkcs11.user_pin };
  return {
    stateDirectory: choices.stateDirectory,
    listeners: [listenerOf(settings, choices)],
    ...operationsOf(settings),
    log: { level: levelOf(settings) },
    keyManagers: [keyManagerOf(settings, choices, refer(pin))],
    keyStores: settings.external_key_stores.map((keyStore, index) =>
      keyStoreOf(settings, keyStore, credentialOf(keyStore, index, refer)),
    ),
  };
}

function listenerOf({ server, security, tls, limits }: SampleSettings, choices: ImportChoices) {
  const { ip: host, port } = server;
  const path = (file = '') => resolve(choices.baseDirectory ?? '', file);
  const bodyBytes = limits.max_plaintext_in_base64 + limits.max_aad_in_base64 + REST_OF_BODY_BYTES;
  return {
    host,
    port,
    ...(bodyBytes > DEFAULT_MAX_BODY_BYTES ? { limits: { maxBodyBytes: bodyBytes } } : {}),
    ...(security.is_tls_enabled
      ? {
          tls: {
            certificateChain: path(tls?.tls_cert_pem),
            privateKey: path(tls?.tls_key_pem),
            ...(security.is_mtls_enabled
              ? {
                  clientCertificates: {
                    roots: [path(tls?.mtls_client_ca_pem)],
                    allowedNames: [tls?.mtls_client_dns_name],
                  },
                }
              : {}),
          },
        }
      : { plainHttp: true }),
  };
}

/** On one port with the API, the sample answers /ping there, as Holdfast's listeners do. */
function operationsOf({ server: { ip, port, port_http_ping: pingPort } }: SampleSettings) {
  return port === pingPort ? {} : { operations: { host: ip, port: pingPort } };
}

function levelOf({ tracing }: SampleSettings): string {
  const isSilent = !tracing.is_stdout_writer_enabled && !tracing.is_file_writer_enabled;
  return isSilent ? 'silent' : (tracing.level ?? 'INFO').toLowerCase();
}

function keyStoreOf(
  { server, external_key_stores: all }: SampleSettings,
  keyStore: SampleKeyStore,
  credential: object,
) {
  const metadata = server.ciphertext_metadata_b64?.toString('base64');
  return {
    name: nameOf(all, keyStore),
    pathPrefix: keyStore.uri_path_prefix,
    keyManager: KEY_MANAGER,
    region: server.region,
    exposes: keyStore.xks_key_id_set,
    shared: sharesKeys(all, keyStore),
    compatibility: 'aws-sample',
    ...(metadata === undefined ? {} : { staticCiphertextMetadata: metadata }),
    credentials: [credential],
  };
}

function credentialOf(keyStore: SampleKeyStore, index: number, refer: Refer) {
  const { sigv4_access_key_id: accessKeyId, sigv4_secret_access_key: secret } = keyStore;
  const setting = `external_key_stores[${index}].sigv4_secret_access_key`;
  const secretAccessKey = refer({ fileName: `${accessKeyId}.secret`, setting, secret });
  return { accessKeyId, secretAccessKey };
}

/** The path prefix as a name, unless two of them make the same. */
function nameOf(all: readonly SampleKeyStore[], keyStore: SampleKeyStore): string {
  const names = all.map(({ uri_path_prefix: prefix }) => prefix.slice(1).replaceAll('/', '-'));
  const at = all.indexOf(keyStore);
  const name = names[at] ?? '';
  const isTaken = names.filter((other) => other === name).length > 1;
  return /^[A-Za-z0-9]/.test(name) && name.length <= 64 && !isTaken ? name : `key-store-${at + 1}`;
}

function sharesKeys(all: readonly SampleKeyStore[], keyStore: SampleKeyStore): boolean {
  return all.some(
    (other) =>
      other !== keyStore && other.xks_key_id_set.some((id) => keyStore.xks_key_id_set.includes(id)),
  );
}
