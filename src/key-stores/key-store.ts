import type { Secret } from '../shared/secret.js';
import {
  awsSampleFormat,
  type CiphertextFormats,
  HOLDFAST_FORMATS,
  holdfastFormat,
} from '../xks/ciphertext-formats/index.js';
import { URI_PATH_SUFFIX } from '../xks/paths.js';
import type { KeyStoreConfig } from './config.js';
import { compileExposure, type ExposureMatcher } from './exposure.js';

/** An external key store, as AWS calls it: one path, its credentials, and the keys behind it. */
export class KeyStore {
  readonly name: string;
  /** The part of the path before `/kms/xks/v1`; empty for none. */
  readonly pathPrefix: string;
  /** Name of the key manager that holds its keys. */
  readonly keyManager: string;
  /** The only AWS region that requests may be signed for; absent for any. */
  readonly region: string | undefined;
  /** Secret access keys by access key id; at least one, all of them valid at once. */
  readonly credentials: ReadonlyMap<string, Secret>;
  /** Tells whether KMS may know of a key; never of the key that health checks use. */
  readonly exposes: ExposureMatcher;
  /** The format of new ciphertexts, and those of others that are opened. */
  readonly ciphertextFormats: CiphertextFormats;

  constructor(config: KeyStoreConfig) {
    this.name = config.name;
    this.pathPrefix = config.pathPrefix;
    this.keyManager = config.keyManager;
    this.region = config.region;
    this.credentials = new Map(
      config.credentials.map(({ accessKeyId, secretAccessKey }) => [accessKeyId, secretAccessKey]),
    );
    this.exposes = compileExposure(config.exposes);
    this.ciphertextFormats = ciphertextFormatsOf(config);
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
