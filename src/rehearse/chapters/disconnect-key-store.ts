import type { Chapter } from '../chapter.js';
import { expect } from '../ending.js';
import { openKeepsake } from '../stage/keepsake.js';
import { settledState } from '../stage/key-store-state.js';
import { objectIn, textIn } from '../stage/kms.js';
import { refusalOf } from '../stage/refusal.js';

/** DisconnectCustomKeyStore, after which no data can be opened without another connect. */
export const disconnectKeyStore: Chapter = {
  name: 'disconnect-key-store',
  title: 'Disconnect it',
  async play(scene) {
    const CustomKeyStoreId = scene.need('customKeyStoreId');
    scene.need('connected');
    await scene.kms.call('DisconnectCustomKeyStore', { CustomKeyStoreId });
    const { state } = await settledState(scene.kms, CustomKeyStoreId);
    expect(state === 'DISCONNECTED', `the key store is ${state}`);
    const told = ['The key store is DISCONNECTED, and KMS asks the proxy for nothing any more.'];
    const KeyId = scene.need('alias');
    const described = await scene.kms.call('DescribeKey', { KeyId });
    const keyState = textIn(objectIn(described, 'KeyMetadata'), 'KeyState');
    expect(keyState === 'Unavailable', `the key is ${keyState}, and not Unavailable`);
    const refusal = await refusalOf(openKeepsake(scene.kms, scene.need('keepsake')), {
      names: ['KMSInvalidStateException'],
      what: 'Decrypt succeeded after the disconnect',
    });
    return [...told, `The key is Unavailable, and KMS told the caller of Decrypt ${refusal.name}.`];
  },
};
