import { expect } from '../ending.js';
import type { Keepsake } from '../scene.js';
import { bytesIn, type Kms } from './kms.js';

/** Decrypts what an earlier chapter encrypted. @throws NotAsExpected or KmsError */
export async function openKeepsake(kms: Kms, keepsake: Keepsake): Promise<void> {
  const output = await kms.call('Decrypt', {
    CiphertextBlob: keepsake.ciphertext.toString('base64'),
    EncryptionContext: keepsake.encryptionContext,
  });
  const isSame = bytesIn(output, 'Plaintext').equals(keepsake.plaintext);
  expect(isSame, 'Decrypt of what was encrypted before gave another plaintext');
}
