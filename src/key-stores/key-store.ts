import {
  awsSampleFormat,
  type CiphertextFormats,
  HOLDFAST_FORMATS,
  holdfastFormat,
} from '../xks/ciphertext-formats/index.js';
import { URI_PATH_SUFFIX } from '../xks/paths.js';
import type { KeyStoreConfig } from './config.js';
import type { Credential } from './credential-generator.js';
import type { ValidTime } from './credentials/standing.js';
import type { QuotasConfig } from './quotas/config.js';
import { compileExposure, type ExposureMatcher } from './exposure.js';
import { MINUTE_MS } from '../shared/durations.js';

/** A credential of the configuration. */
export interface ConfiguredCredential extends Credential, ValidTime {
  readonly label: string | undefined;
}

/** An external key store, as AWS calls it: one path, its credentials, and the keys behind it. */
export class KeyStore {
  readonly name: string;
  /** The part of the path before `/kms/xks/v1`; empty for none. */
  readonly pathPrefix: string;
  /** Name of the key manager that holds its keys. */
  readonly keyManager: string;
  /** The only AWS region that requests may be signed for; absent for any. */
  readonly region: string | undefined;
  /** The credentials of the configuration, by access key id. Others are added at run time. */
  readonly credentials: ReadonlyMap<string, ConfiguredCredential>;
  /** The time after its last use for which a credential counts as in use. */
  readonly credentialInUseMs: number;
  /** Tells whether KMS may know of a key; never of the key that health checks use. */
  readonly exposes: ExposureMatcher;
  /** The format of new ciphertexts, and those of others that are opened. */
  readonly ciphertextFormats: CiphertextFormats;
  /** Absent where it has none. */
  readonly quotas: QuotasConfig | undefined;
  /** True where every ciphertext that is opened names the key material that made it. */
  readonly namesMaterial: boolean;
  /** True where policies decide who may use its keys. */
  readonly hasPolicies: boolean;

  constructor(config: KeyStoreConfig) {
    this.name = config.name;
    this.pathPrefix = config.pathPrefix;
    this.keyManager = config.keyManager;
    this.region = config.region;
    this.credentials = new Map(
      config.credentials.map(({ label, notBefore, notAfter, ...credential }) => [
        credential.accessKeyId,
        { ...credential, label, notBefore, notAfter },
      ]),
    );
    this.credentialInUseMs = config.credentialInUseMinutes * MINUTE_MS;
    this.exposes = compileExposure(config.exposes);
    this.ciphertextFormats = ciphertextFormatsOf(config);
    this.hasPolicies = config.policies !== undefined;
    this.quotas = config.quotas;
    this.namesMaterial = config.compatibility === undefined;
  }

  /** As registered with KMS (`XksProxyUriPath`). */
  get uriPath(): string {
    return `${this.pathPrefix}${URI_PATH_SUFFIX}`;
  }
}

function ciphertextFormatsOf(config: KeyStoreConfig): CiphertextFormats {
  if (config.compatibility === undefined) return HOLDFAST_FORMATS;
  const sample = awsSampleFormat(config.staticCiphertextMetadata);
  return {
    write: config.write === undefined ? holdfastFormat : sample,
    read: [holdfastFormat, sample],
  };
}
