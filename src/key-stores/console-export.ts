import type { Secret } from '../shared/secret.js';

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

/** The part of a key store that goes into the file. */
export interface ExportedKeyStore {
  readonly uriPath: string;
  readonly credentials: ReadonlyMap<string, Secret>;
}

/**
 * @param accessKeyId which credential KMS shall use; the first one when it is left out
 * @returns `undefined` when the key store has no such credential
 */
export function toConsoleExport(
  { uriPath, credentials }: ExportedKeyStore,
  accessKeyId: string | undefined = credentials.keys().next().value,
): XksProxyConfigurationFile | undefined {
  const secret = accessKeyId === undefined ? undefined : credentials.get(accessKeyId);
  if (accessKeyId === undefined || secret === undefined) return undefined;
  return {
    XksProxyUriPath: uriPath,
    XksProxyAuthenticationCredential: {
      AccessKeyId: accessKeyId,
      RawSecretAccessKey: secret.reveal(),
    },
  };
}
