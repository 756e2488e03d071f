import { DecryptCommand, EncryptCommand, ListKeysCommand } from '@aws-sdk/client-kms';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OPERATIONS } from '../../../src/kms-simulator/operations/list.js';
import { ALICE } from '../../support/kms-simulator/simulator-process.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { testCryptography } from './sdk/cryptography.js';
import { testExternalKeys } from './sdk/external-keys.js';
import { testKeyFeatures } from './sdk/key-features.js';
import { newExternalKey, testKeyStores } from './sdk/key-stores.js';
import { newAlias, newKey, testKeys } from './sdk/keys.js';
import { failureOf, SdkScene } from './sdk/scene.js';

const scene = new SdkScene(join(temporaryFolder(afterAll), 'kms'));
beforeAll(async () => {
  await scene.start();
});
afterAll(async () => {
  await scene.stop();
});

describe('AWS SDK for JavaScript 3', () => {
  testKeys(scene);
  testKeyFeatures(scene);
  testCryptography(scene);
  testKeyStores(scene);
  testExternalKeys(scene);

  it.each([
    {
      what: 'a wrong secret',
      credentials: { ...ALICE, secretAccessKey: 'x'.repeat(40) },
      region: 'eu-west-1',
      name: 'InvalidSignatureException',
    },
    {
      what: 'an access key that nobody has',
      credentials: { ...ALICE, accessKeyId: 'AKIAIOSFODNN7NOBODY0' },
      region: 'eu-west-1',
      name: 'UnrecognizedClientException',
    },
    {
      what: 'another Region',
      credentials: ALICE,
      region: 'us-east-1',
      name: 'InvalidSignatureException',
    },
  ])('signed with $what → refused', async ({ credentials, region, name }) => {
    const client = scene.clientOf(credentials, region);
    expect((await failureOf(client.send(new ListKeysCommand({})))).name).toBe(name);
  });

  it('a restart of the simulator → old data opens, ordinary and external', async () => {
    const blobs: (Uint8Array | undefined)[] = [];
    for (const key of [await newKey(scene), await newExternalKey(scene)]) {
      const KeyId = await newAlias(scene, key);
      const encryption = new EncryptCommand({ KeyId, Plaintext: Buffer.from('old') });
      blobs.push((await scene.alice.send(encryption)).CiphertextBlob);
    }
    expect(await scene.simulator.stop()).toBe(0);
    await scene.start();
    for (const CiphertextBlob of blobs) {
      const { Plaintext } = await scene.alice.send(new DecryptCommand({ CiphertextBlob }));
      expect(Buffer.from(Plaintext ?? []).toString()).toBe('old');
    }
  });

  it('every operation of the simulator has been called', () => {
    const missing = OPERATIONS.map(({ name }) => name).filter((name) => !scene.called.has(name));
    expect(missing).toEqual([]);
  });

  it('nothing has gone wrong in the simulator itself', () => {
    expect(scene.simulator.log()).not.toMatch(/error|at .*\.js:\d+/i);
  });
});
