import type { Chapter } from '../chapter.js';
import { textIn } from '../stage/kms.js';

/** CreateCustomKeyStore, for which KMS asks the proxy how it is. */
export const createKeyStore: Chapter = {
  name: 'create-key-store',
  title: 'Create the key store',
  async play(scene) {
    const { host, uriPath, credential } = scene.proxy;
    const output = await scene.kms.call('CreateCustomKeyStore', {
      CustomKeyStoreName: 'rehearsal',
      CustomKeyStoreType: 'EXTERNAL_KEY_STORE',
      XksProxyConnectivity: 'PUBLIC_ENDPOINT',
      XksProxyUriEndpoint: `https://${host}`,
      XksProxyUriPath: uriPath,
      XksProxyAuthenticationCredential: {
        AccessKeyId: credential.accessKeyId,
        RawSecretAccessKey: credential.secretAccessKey.reveal(),
      },
    });
    const customKeyStoreId = textIn(output, 'CustomKeyStoreId');
    scene.leave({ customKeyStoreId });
    return [
      `KMS reached https://${host}${uriPath}, trusted its certificate, and the proxy took the credential.`,
      `The key store is ${customKeyStoreId}, DISCONNECTED.`,
    ];
  },
};
