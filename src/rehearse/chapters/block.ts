import { randomBytes } from 'node:crypto';
import type { Chapter } from '../chapter.js';
import { expect } from '../ending.js';
import { bytesIn, textIn } from '../stage/kms.js';
import { kmsKeyWith, ownKeys } from '../stage/own-keys.js';
import { refusalOf } from '../stage/refusal.js';

const KEY = 'rehearsal-blocked';
const PRINCIPALS = 'arn:aws:*';
const REASON = ['--reason', 'rehearsal'];
const PLAINTEXT_BYTES = 32;

/** The kill switch: a key and a principal that are blocked, and the way back. */
export const block: Chapter = {
  name: 'block',
  title: 'Block an external key and its callers, and unblock them',
  async play(scene) {
    const { keyStore, holdfast } = ownKeys(scene);
    scene.need('connected');
    await holdfast('keys', 'create', KEY, '--key-store', keyStore);
    const KeyId = await kmsKeyWith(scene, KEY);
    const plaintext = randomBytes(PLAINTEXT_BYTES);
    const Plaintext = plaintext.toString('base64');
    const encrypted = await scene.kms.call('Encrypt', { KeyId, Plaintext });
    const CiphertextBlob = textIn(encrypted, 'CiphertextBlob');
    const decrypt = () => scene.kms.call('Decrypt', { KeyId, CiphertextBlob });
    const refused = (what: string) =>
      refusalOf(decrypt(), {
        names: ['KMSInvalidStateException'],
        what: `Decrypt succeeded although ${what}`,
      });

    await holdfast('keys', 'block', KEY, ...REASON);
    const ofKey = await refused('the external key is blocked');
    await holdfast('keys', 'unblock', KEY, ...REASON);
    const opened = await decrypt();
    expect(bytesIn(opened, 'Plaintext').equals(plaintext), 'Decrypt gave another plaintext');

    await holdfast('principals', 'block', PRINCIPALS, ...REASON);
    const ofPrincipal = await refused('its caller is blocked');
    await holdfast('principals', 'unblock', PRINCIPALS, ...REASON);
    await decrypt();
    expect(
      ofPrincipal.message.includes('denied access'),
      `KMS did not tell the caller that access was denied: ${ofPrincipal.message}`,
    );
    return [
      `${KEY} was blocked: the very next Decrypt was refused, and KMS told the caller ${ofKey.name}.`,
      `Its caller was blocked: the proxy answered AccessDeniedException, which KMS told as ${ofPrincipal.name}: “${ofPrincipal.message}”`,
      'Unblocked, the key opens what it had encrypted.',
    ];
  },
};
