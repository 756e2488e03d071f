import type { Chapter } from '../chapter.js';
import { expect } from '../ending.js';
import { openKeepsake } from '../stage/keepsake.js';
import { ownKeys } from '../stage/own-keys.js';
import { exceptionsIn, underTraffic } from '../stage/traffic.js';

/** New material behind the same external key id, while data is encrypted and decrypted. */
export const rotateKey: Chapter = {
  name: 'rotation',
  title: 'Rotate the external key',
  async play(scene) {
    const keys = ownKeys(scene);
    const keepsake = scene.need('keepsake');
    const sum = await underTraffic(scene, async () => {
      await keys.holdfast('keys', 'rotate', scene.externalKeyId);
    });
    expect(sum.exceptions.size === 0, `KMS told callers ${exceptionsIn(sum)} during the rotation`);
    await openKeepsake(scene.kms, keepsake);
    return [
      `${sum.passed} pairs of Encrypt and Decrypt ran meanwhile, and none failed.`,
      'What was encrypted with the former material opens; the KMS key and its alias are the same.',
    ];
  },
};
