import type { Chapter } from '../chapter.js';
import { expect } from '../ending.js';
import { settledState } from '../stage/key-store-state.js';

/** ConnectCustomKeyStore, which answers at once and ends by the proxy's health. */
export const connectKeyStore: Chapter = {
  name: 'connect-key-store',
  title: 'Connect it',
  async play(scene) {
    const CustomKeyStoreId = scene.need('customKeyStoreId');
    await scene.kms.call('ConnectCustomKeyStore', { CustomKeyStoreId });
    const { state, errorCode } = await settledState(scene.kms, CustomKeyStoreId);
    const code = errorCode === undefined ? '' : `, ConnectionErrorCode ${errorCode}`;
    expect(state === 'CONNECTED', `the key store is ${state}${code}`);
    scene.leave({ connected: true });
    return ['The proxy said that its key managers are healthy. The key store is CONNECTED.'];
  },
};
