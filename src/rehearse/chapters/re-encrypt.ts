import { randomBytes } from 'node:crypto';
import type { Chapter } from '../chapter.js';
import { expect } from '../ending.js';
import { bytesIn, objectIn, textIn } from '../stage/kms.js';

const PLAINTEXT_BYTES = 64;

/** ReEncrypt from an ordinary KMS key, the way of data that is there before the key store. */
export const reEncrypt: Chapter = {
  name: 're-encrypt',
  title: 'Re-encrypt from an ordinary KMS key',
  async play(scene) {
    const alias = scene.need('alias');
    const keyArn = scene.need('keyArn');
    const ordinary = objectIn(await scene.kms.call('CreateKey', {}), 'KeyMetadata');
    const plaintext = randomBytes(PLAINTEXT_BYTES);
    const before = await scene.kms.call('Encrypt', {
      KeyId: textIn(ordinary, 'KeyId'),
      Plaintext: plaintext.toString('base64'),
    });
    const moved = await scene.kms.call('ReEncrypt', {
      CiphertextBlob: textIn(before, 'CiphertextBlob'),
      DestinationKeyId: alias,
    });
    expect(textIn(moved, 'KeyId') === keyArn, 'ReEncrypt named another key');
    const after = await scene.kms.call('Decrypt', {
      CiphertextBlob: textIn(moved, 'CiphertextBlob'),
      KeyId: keyArn,
    });
    expect(bytesIn(after, 'Plaintext').equals(plaintext), 'Decrypt gave another plaintext');
    return [
      'What an ordinary KMS key had encrypted is now under the external key, and opens.',
      'The proxy was asked to encrypt alone: KMS opened the old ciphertext with its own key.',
    ];
  },
};
