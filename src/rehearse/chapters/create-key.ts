import type { Chapter } from '../chapter.js';
import { objectIn, textIn } from '../stage/kms.js';

const ALIAS = 'alias/rehearsal';

/** CreateKey with the external key, and an alias for it. */
export const createKey: Chapter = {
  name: 'create-key',
  title: 'Create a key and its alias',
  async play(scene) {
    const CustomKeyStoreId = scene.need('customKeyStoreId');
    scene.need('connected');
    const output = await scene.kms.call('CreateKey', {
      Origin: 'EXTERNAL_KEY_STORE',
      CustomKeyStoreId,
      XksKeyId: scene.externalKeyId,
    });
    const keyArn = textIn(objectIn(output, 'KeyMetadata'), 'Arn');
    await scene.kms.call('CreateAlias', { AliasName: ALIAS, TargetKeyId: keyArn });
    scene.leave({ keyArn, alias: ALIAS });
    return [
      `The proxy said that ${scene.externalKeyId} is an enabled AES-256 key that encrypts and decrypts.`,
      `The KMS key is ${keyArn}, and ${ALIAS} is another name of it.`,
    ];
  },
};
