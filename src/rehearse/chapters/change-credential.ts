import { setTimeout as sleep } from 'node:timers/promises';
import type { Chapter } from '../chapter.js';
import { expect, Skipped } from '../ending.js';
import { CREDENTIAL_DELAY_MS } from '../stage/simulated-kms.js';
import { exceptionsIn, underTraffic } from '../stage/traffic.js';

/** UpdateCustomKeyStore with the reserve credential, while data is encrypted and decrypted. */
export const changeCredential: Chapter = {
  name: 'change-credential',
  title: 'Change over to the reserve credential',
  async play(scene) {
    const { reserveCredential } = scene.proxy;
    if (reserveCredential === undefined) {
      throw new Skipped(
        'The key store has one credential alone. With a second one in its configuration (or --reserve-credential) this chapter changes over to it.',
      );
    }
    const CustomKeyStoreId = scene.need('customKeyStoreId');
    const sum = await underTraffic(scene, async () => {
      await scene.kms.call('UpdateCustomKeyStore', {
        CustomKeyStoreId,
        XksProxyAuthenticationCredential: {
          AccessKeyId: reserveCredential.accessKeyId,
          RawSecretAccessKey: reserveCredential.secretAccessKey.reveal(),
        },
      });
      await sleep(CREDENTIAL_DELAY_MS);
    });
    expect(sum.exceptions.size === 0, `calls failed during the change: ${exceptionsIn(sum)}`);
    return [
      `KMS signed with ${scene.proxy.credential.accessKeyId} and then with ${reserveCredential.accessKeyId}.`,
      `${sum.passed} pairs of Encrypt and Decrypt ran meanwhile, and none failed.`,
    ];
  },
};
