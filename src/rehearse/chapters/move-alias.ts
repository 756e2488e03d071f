import type { Chapter } from '../chapter.js';
import { expect } from '../ending.js';
import { bytesIn, textIn } from '../stage/kms.js';
import { kmsKeyWith, ownKeys } from '../stage/own-keys.js';

const ALIAS = 'rehearsal-alias';
const FIRST = 'rehearsal-first';
const SECOND = 'rehearsal-second';

/** Manual rotation: an alias that is an external key id, and is moved to another key. */
export const moveAlias: Chapter = {
  name: 'alias',
  title: 'Move an alias to another external key',
  async play(scene) {
    const { keyStore, holdfast } = ownKeys(scene);
    scene.need('connected');
    for (const id of [FIRST, SECOND]) await holdfast('keys', 'create', id, '--key-store', keyStore);
    await holdfast('keys', 'alias', 'create', ALIAS, '--target', FIRST);
    const KeyId = await kmsKeyWith(scene, ALIAS);
    const encrypt = async (text: string) =>
      textIn(
        await scene.kms.call('Encrypt', { KeyId, Plaintext: Buffer.from(text).toString('base64') }),
        'CiphertextBlob',
      );
    const opens = async (CiphertextBlob: string, text: string) => {
      const output = await scene.kms.call('Decrypt', { KeyId, CiphertextBlob });
      return bytesIn(output, 'Plaintext').toString() === text;
    };
    const before = await encrypt('before');
    await holdfast('keys', 'alias', 'move', ALIAS, '--target', SECOND);
    const after = await encrypt('after');
    expect(await opens(before, 'before'), 'what was encrypted before the move did not open');
    expect(await opens(after, 'after'), 'what was encrypted after the move did not open');
    return [
      `One KMS key was made with ${ALIAS}, which pointed to ${FIRST} first and to ${SECOND} then.`,
      'What was encrypted before the move and after it opens, each with the key that made it.',
    ];
  },
};
