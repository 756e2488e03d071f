import type { Credential } from './credential-generator.js';

/**
 * The file that the KMS console takes when an external key store is made. Holds a secret in the
 * clear: write it with mode 0600 or hand it to whoever asked, and nowhere else.
 *
 * @see XKS Proxy API, section XKS proxy configuration file
 */
export interface XksProxyConfigurationFile {
  readonly XksProxyUriPath: string;
  readonly XksProxyAuthenticationCredential: {
    readonly AccessKeyId: string;
    readonly RawSecretAccessKey: string;
  };
}

/**
 * Makes the file for a key store.
 *
 * @param uriPath its path, as KMS is told
 * @param credential the one that KMS shall use
 */
export function toConsoleExport(
  uriPath: string,
  { accessKeyId, secretAccessKey }: Credential,
): XksProxyConfigurationFile {
  return {
    XksProxyUriPath: uriPath,
    XksProxyAuthenticationCredential: {
      AccessKeyId: accessKeyId,
      RawSecretAccessKey: secretAccessKey.reveal(),
    },
  };
}
