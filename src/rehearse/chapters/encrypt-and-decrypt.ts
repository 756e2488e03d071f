import { randomBytes } from 'node:crypto';
import type { Chapter } from '../chapter.js';
import { expect } from '../ending.js';
import { bytesIn, textIn } from '../stage/kms.js';
import { refusalOf } from '../stage/refusal.js';

const PLAINTEXT_BYTES = 256;

/** Encrypt and Decrypt by the alias, and Decrypt with another encryption context. */
export const encryptAndDecrypt: Chapter = {
  name: 'encrypt-and-decrypt',
  title: 'Encrypt and decrypt by alias',
  async play(scene) {
    const KeyId = scene.need('alias');
    const plaintext = randomBytes(PLAINTEXT_BYTES);
    const EncryptionContext = { department: 'payroll' };
    const encrypted = await scene.kms.call('Encrypt', {
      KeyId,
      Plaintext: plaintext.toString('base64'),
      EncryptionContext,
    });
    const CiphertextBlob = textIn(encrypted, 'CiphertextBlob');
    const decrypted = await scene.kms.call('Decrypt', { CiphertextBlob, EncryptionContext });
    expect(bytesIn(decrypted, 'Plaintext').equals(plaintext), 'Decrypt gave another plaintext');
    const ciphertext = Buffer.from(CiphertextBlob, 'base64');
    scene.leave({ keepsake: { plaintext, ciphertext, encryptionContext: EncryptionContext } });
    const other = { CiphertextBlob, EncryptionContext: { department: 'sales' } };
    const refusal = await refusalOf(scene.kms.call('Decrypt', other), {
      names: ['KMSInvalidStateException', 'InvalidCiphertextException'],
      what: 'Decrypt with another encryption context succeeded',
    });
    return [
      `${PLAINTEXT_BYTES} bytes came back as they went.`,
      `With another encryption context the proxy opened nothing, and KMS told the caller ${refusal.name}.`,
    ];
  },
};
