import type { HoldfastServer } from '../holdfast-server.js';

/** Input of CreateCustomKeyStore for a quickstart's key store. @param name in KMS */
export function keyStoreInput({ credential, uriPath }: HoldfastServer, name: string) {
  return {
    CustomKeyStoreName: name,
    CustomKeyStoreType: 'EXTERNAL_KEY_STORE',
    XksProxyConnectivity: 'PUBLIC_ENDPOINT',
    XksProxyUriEndpoint: 'https://localhost',
    XksProxyUriPath: uriPath,
    XksProxyAuthenticationCredential: {
      AccessKeyId: credential.accessKeyId,
      RawSecretAccessKey: credential.secretAccessKey,
    },
  } as const;
}
