import { Skipped } from '../ending.js';
import type { RehearsedKeys } from '../proxy.js';
import type { Scene } from '../scene.js';
import { objectIn, textIn } from './kms.js';

/** The keys that a chapter may change. @throws Skipped where there are none */
export function ownKeys(scene: Scene): RehearsedKeys {
  const { keys } = scene.proxy;
  if (keys !== undefined) return keys;
  throw new Skipped(
    'Not looked at: keys of a proxy that runs on its own are not changed. `holdfast rehearse` ' +
      'without --config and --proxy shows it on a Holdfast of its own.',
  );
}

/** Makes a KMS key with an external key. @returns its ARN */
export async function kmsKeyWith(scene: Scene, externalKeyId: string): Promise<string> {
  const output = await scene.kms.call('CreateKey', {
    Origin: 'EXTERNAL_KEY_STORE',
    CustomKeyStoreId: scene.need('customKeyStoreId'),
    XksKeyId: externalKeyId,
  });
  return textIn(objectIn(output, 'KeyMetadata'), 'Arn');
}
