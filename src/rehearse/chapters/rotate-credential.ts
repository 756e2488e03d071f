import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Chapter } from '../chapter.js';
import { expect } from '../ending.js';
import { ownKeys } from '../stage/own-keys.js';
import { CREDENTIAL_DELAY_MS } from '../stage/simulated-kms.js';
import { exceptionsIn, underTraffic } from '../stage/traffic.js';

const addedSchema = z.object({ accessKeyId: z.string(), secretAccessKey: z.string() });

/** A credential that is made, used and replaced at run time, while data is encrypted. */
export const rotateCredential: Chapter = {
  name: 'credential-rotation',
  title: 'Rotate the credential without a restart',
  async play(scene) {
    const { keyStore, holdfast } = ownKeys(scene);
    const CustomKeyStoreId = scene.need('customKeyStoreId');
    const changeOver = async () => {
      const text = await holdfast('credentials', 'add', '--key-store', keyStore, '--json');
      const { accessKeyId, secretAccessKey } = addedSchema.parse(JSON.parse(text));
      await scene.kms.call('UpdateCustomKeyStore', {
        CustomKeyStoreId,
        XksProxyAuthenticationCredential: {
          AccessKeyId: accessKeyId,
          RawSecretAccessKey: secretAccessKey,
        },
      });
      await sleep(CREDENTIAL_DELAY_MS);
      return accessKeyId;
    };
    let ids: readonly string[] = [];
    const sum = await underTraffic(scene, async () => {
      const [old, present] = [await changeOver(), await changeOver()];
      await holdfast('credentials', 'remove', old, '--force');
      ids = [old, present];
    });
    expect(sum.exceptions.size === 0, `calls failed during the change: ${exceptionsIn(sum)}`);
    return [
      `${ids.join(' and then ')} were made at run time; the first was removed when KMS had the second.`,
      `${sum.passed} pairs of Encrypt and Decrypt ran meanwhile, and none failed.`,
    ];
  },
};
