import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Chapter } from '../chapter.js';
import { expect } from '../ending.js';
import { bytesIn } from '../stage/kms.js';

const ALGORITHM = 'aes-256-gcm';
const FILE_BYTES = 1_048_576;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** GenerateDataKey, and a file that is encrypted under the data key, as AWS services do it. */
export const envelopeEncryption: Chapter = {
  name: 'envelope-encryption',
  title: 'Encrypt a file under a data key',
  async play(scene) {
    const KeyId = scene.need('alias');
    const content = randomBytes(FILE_BYTES);
    const made = await scene.kms.call('GenerateDataKey', { KeyId, KeySpec: 'AES_256' });
    const path = join(scene.folder, 'file.encrypted');
    await writeFile(path, seal(bytesIn(made, 'Plaintext'), content), { mode: 0o600 });
    // The data key itself is not kept: the proxy is asked for it.
    const CiphertextBlob = bytesIn(made, 'CiphertextBlob').toString('base64');
    const opened = await scene.kms.call('Decrypt', { CiphertextBlob });
    const found = open(bytesIn(opened, 'Plaintext'), await readFile(path));
    expect(found.equals(content), 'the file opened to something else');
    const without = await scene.kms.call('GenerateDataKeyWithoutPlaintext', {
      KeyId,
      NumberOfBytes: 64,
    });
    const later = await scene.kms.call('Decrypt', {
      CiphertextBlob: bytesIn(without, 'CiphertextBlob').toString('base64'),
    });
    expect(bytesIn(later, 'Plaintext').length === 64, 'a data key came back with another length');
    return [
      'A file of 1 MiB was encrypted under a data key, and opened with what Decrypt made of its encrypted data key.',
      'A data key of 64 bytes that nobody saw at first was decrypted later.',
    ];
  },
};

function seal(dataKey: Buffer, content: Buffer): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(ALGORITHM, dataKey, iv, { authTagLength: TAG_BYTES });
  const ciphertext = Buffer.concat([cipher.update(content), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), ciphertext]);
}

function open(dataKey: Buffer, sealed: Buffer): Buffer {
  const iv = sealed.subarray(0, IV_BYTES);
  const decipher = createDecipheriv(ALGORITHM, dataKey, iv, { authTagLength: TAG_BYTES });
  decipher.setAuthTag(sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  const ciphertext = sealed.subarray(IV_BYTES + TAG_BYTES);
  return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
}
