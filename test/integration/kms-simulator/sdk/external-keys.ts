import {
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  KMSInvalidStateException,
  XksKeyInvalidConfigurationException,
} from '@aws-sdk/client-kms';
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { sharedKeyStore } from './key-stores.js';
import { failureOf, type SdkScene } from './scene.js';

const PLAINTEXT = Buffer.from('kept for years');

/** Lives of external keys, as those see them who call KMS. */
export function testExternalKeys(scene: SdkScene): void {
  const keys = async (...args: string[]) => {
    const { code, stdout, stderr } = await scene.server.holdfast('keys', ...args);
    if (code !== 0) throw new Error(stderr);
    return stdout;
  };
  const newId = async () => {
    const id = `life-${randomUUID()}`;
    await keys('create', id, '--key-store', 'quickstart');
    return id;
  };
  const kmsKeyOf = async (XksKeyId: string) => {
    const CustomKeyStoreId = await sharedKeyStore(scene);
    const command = { Origin: 'EXTERNAL_KEY_STORE', CustomKeyStoreId, XksKeyId } as const;
    return (await scene.alice.send(new CreateKeyCommand(command))).KeyMetadata?.KeyId ?? '';
  };
  const encrypt = async (KeyId: string) =>
    (await scene.alice.send(new EncryptCommand({ KeyId, Plaintext: PLAINTEXT }))).CiphertextBlob;
  const decrypt = async (CiphertextBlob: Uint8Array | undefined) => {
    const { Plaintext = [] } = await scene.alice.send(new DecryptCommand({ CiphertextBlob }));
    return Buffer.from(Plaintext);
  };

  describe('lives of external keys', () => {
    it('disabled → KMSInvalidStateException; enabled → old data opens', async () => {
      const id = await newId();
      const key = await kmsKeyOf(id);
      const kept = await encrypt(key);
      await keys('disable', id);
      expect(await failureOf(encrypt(key))).toBeInstanceOf(KMSInvalidStateException);
      expect(await failureOf(decrypt(kept))).toBeInstanceOf(KMSInvalidStateException);
      await keys('enable', id);
      expect(await decrypt(kept)).toEqual(PLAINTEXT);
    });

    it('a disabled key → CreateKey takes it for none that can be used', async () => {
      const id = await newId();
      await keys('disable', id);
      const failure = await failureOf(kmsKeyOf(id));
      expect(failure).toBeInstanceOf(XksKeyInvalidConfigurationException);
    });

    it.each([
      { state: 'Disabled', acts: [['disable']] },
      { state: 'PendingDeletion', acts: [['schedule-deletion', '--yes']] },
      {
        state: 'Disabled',
        acts: [['schedule-deletion', '--yes'], ['cancel-deletion']],
      },
    ])(
      '$state by $acts → every call that needs it is refused, and KMS calls its own key Enabled',
      async ({ state, acts }) => {
        const id = await newId();
        const key = await kmsKeyOf(id);
        const kept = await encrypt(key);
        for (const [act = '', ...options] of acts) await keys(act, id, ...options);
        expect(JSON.parse(await keys('show', id, '--json'))).toMatchObject({ state });
        const dataKey = new GenerateDataKeyCommand({ KeyId: key, KeySpec: 'AES_256' });
        const calls = [encrypt(key), decrypt(kept), scene.alice.send(dataKey)];
        for (const failure of await Promise.all(calls.map(failureOf))) {
          expect(failure).toBeInstanceOf(KMSInvalidStateException);
        }
        const described = await scene.alice.send(new DescribeKeyCommand({ KeyId: key }));
        expect(described.KeyMetadata?.KeyState).toBe('Enabled');
      },
    );

    it.each([
      { state: 'PendingImport', make: ['--origin', 'external'], acts: [] },
      { state: 'PendingDeletion', make: [], acts: ['schedule-deletion', '--yes'] },
    ])('$state → CreateKey takes it for none that can be used', async ({ state, make, acts }) => {
      const id = `life-${randomUUID()}`;
      await keys('create', id, '--key-store', 'quickstart', ...make);
      const [act, ...options] = acts;
      if (act !== undefined) await keys(act, id, ...options);
      expect(JSON.parse(await keys('show', id, '--json'))).toMatchObject({ state });
      const failure = await failureOf(kmsKeyOf(id));
      expect(failure).toBeInstanceOf(XksKeyInvalidConfigurationException);
    });

    it('rotated → old data opens, new data under the new version', async () => {
      const id = await newId();
      const key = await kmsKeyOf(id);
      const kept = await encrypt(key);
      await keys('rotate', id);
      const more = await encrypt(key);
      expect(await decrypt(kept)).toEqual(PLAINTEXT);
      expect(await decrypt(more)).toEqual(PLAINTEXT);
      expect(JSON.parse(await keys('show', id, '--json'))).toMatchObject({ currentVersion: 2 });
    });

    it('an alias that is moved → data of both keys opens, unless the key that made it is disabled', async () => {
      const [first, second] = [await newId(), await newId()];
      const alias = `alias-${randomUUID()}`;
      await keys('alias', 'create', alias, '--target', first);
      const key = await kmsKeyOf(alias);
      const kept = await encrypt(key);
      await keys('alias', 'move', alias, '--target', second);
      const more = await encrypt(key);
      expect(await decrypt(kept)).toEqual(PLAINTEXT);
      await keys('disable', first);
      expect(await failureOf(decrypt(kept))).toBeInstanceOf(KMSInvalidStateException);
      expect(await decrypt(more)).toEqual(PLAINTEXT);
      await keys('alias', 'delete', alias);
      expect(await failureOf(decrypt(more))).toBeInstanceOf(KMSInvalidStateException);
    });
  });
}
