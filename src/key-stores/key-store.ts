import type { Secret } from '../shared/secret.js';
import { URI_PATH_SUFFIX } from '../xks/paths.js';
import type { KeyStoreConfig } from './config.js';
import { compileExposure, type ExposureMatcher } from './exposure.js';

/** What AWS calls an external key store: one path, its credentials, and the keys behind it. */
export class KeyStore {
  readonly name: string;
  /** What comes before `/kms/xks/v1`; empty for none. */
  readonly pathPrefix: string;
  /** Name of the key manager that holds its keys. */
  readonly keyManager: string;
  /** When set, the only AWS region that requests may be signed for. */
  readonly region: string | undefined;
  /** Secret access keys by access key id; at least one, all of them valid at once. */
  readonly credentials: ReadonlyMap<string, Secret>;
  /** Whether KMS may know of a key; never true of the key that health checks use. */
  readonly exposes: ExposureMatcher;

  constructor(config: KeyStoreConfig) {
    this.name = config.name;
    this.pathPrefix = config.pathPrefix;
    this.keyManager = config.keyManager;
    this.region = config.region;
    this.credentials = new Map(
      config.credentials.map(({ accessKeyId, secretAccessKey }) => [accessKeyId, secretAccessKey]),
    );
    this.exposes = compileExposure(config.exposes);
  }

  /** As registered with KMS (`XksProxyUriPath`). */
  get uriPath(): string {
    return `${this.pathPrefix}${URI_PATH_SUFFIX}`;
  }
}
