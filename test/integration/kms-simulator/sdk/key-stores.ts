import {
  ConnectCustomKeyStoreCommand,
  CreateCustomKeyStoreCommand,
  type CreateCustomKeyStoreCommandInput,
  CreateKeyCommand,
  CustomKeyStoreHasCMKsException,
  CustomKeyStoreInvalidStateException,
  CustomKeyStoreNameInUseException,
  CustomKeyStoreNotFoundException,
  DeleteCustomKeyStoreCommand,
  DescribeCustomKeyStoresCommand,
  DescribeKeyCommand,
  DisconnectCustomKeyStoreCommand,
  EnableKeyRotationCommand,
  EncryptCommand,
  KMSInvalidStateException,
  type KMSServiceException,
  paginateDescribeCustomKeyStores,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
  UnsupportedOperationException,
  UpdateCustomKeyStoreCommand,
  XksKeyAlreadyInUseException,
  XksKeyNotFoundException,
  XksProxyIncorrectAuthenticationCredentialException,
  XksProxyInvalidConfigurationException,
  XksProxyUriInUseException,
  XksProxyUriUnreachableException,
} from '@aws-sdk/client-kms';
import { randomUUID } from 'node:crypto';
import { keyStoreInput } from '../../../support/kms-simulator/key-store-input.js';
import { describe, expect, it } from 'vitest';
import { failureOf, type SdkScene } from './scene.js';

/** Input that registers the server's quickstart key store. */
export function settingsFor(
  { server }: SdkScene,
  name: string,
): CreateCustomKeyStoreCommandInput & { CustomKeyStoreName: string } {
  return keyStoreInput(server, name);
}

/** The connected key store that the tests of a file share. @returns its id */
export async function sharedKeyStore(scene: SdkScene): Promise<string> {
  const name = 'shared';
  const { CustomKeyStores = [] } = await scene.alice.send(new DescribeCustomKeyStoresCommand({}));
  const present = CustomKeyStores.find(({ CustomKeyStoreName }) => CustomKeyStoreName === name);
  if (present?.CustomKeyStoreId !== undefined) return present.CustomKeyStoreId;
  const creation = new CreateCustomKeyStoreCommand(settingsFor(scene, name));
  const { CustomKeyStoreId = '' } = await scene.alice.send(creation);
  await scene.alice.send(new ConnectCustomKeyStoreCommand({ CustomKeyStoreId }));
  expect(await scene.settled(CustomKeyStoreId)).toBe('CONNECTED');
  return CustomKeyStoreId;
}

/** Creates an external key at the server, and the KMS key of it. @returns the KMS key's id */
export async function newExternalKey(scene: SdkScene): Promise<string> {
  const CustomKeyStoreId = await sharedKeyStore(scene);
  const XksKeyId = await newKeyAtServer(scene);
  const { KeyMetadata } = await scene.alice.send(
    new CreateKeyCommand({ Origin: 'EXTERNAL_KEY_STORE', CustomKeyStoreId, XksKeyId }),
  );
  return KeyMetadata?.KeyId ?? '';
}

async function newKeyAtServer({ server }: SdkScene): Promise<string> {
  const id = `key-${randomUUID()}`;
  const { code, stderr } = await server.holdfast('keys', 'create', id, '--key-store', 'quickstart');
  if (code !== 0) throw new Error(stderr);
  return id;
}

/** Custom key stores and the KMS keys in them. */
export function testKeyStores(scene: SdkScene): void {
  describe('custom key stores', () => {
    it('a connected key store → described without its secret, on one page or several', async () => {
      const CustomKeyStoreId = await sharedKeyStore(scene);
      const { CustomKeyStores: [store] = [] } = await scene.alice.send(
        new DescribeCustomKeyStoresCommand({ CustomKeyStoreId }),
      );
      expect(store).toMatchObject({
        CustomKeyStoreId,
        CustomKeyStoreName: 'shared',
        CustomKeyStoreType: 'EXTERNAL_KEY_STORE',
        ConnectionState: 'CONNECTED',
        XksProxyConfiguration: {
          Connectivity: 'PUBLIC_ENDPOINT',
          UriEndpoint: 'https://localhost',
          UriPath: scene.server.uriPath,
          AccessKeyId: scene.server.credential.accessKeyId,
        },
      });
      expect(JSON.stringify(store)).not.toContain(scene.server.credential.secretAccessKey);
      const seen: unknown[] = [];
      const pages = paginateDescribeCustomKeyStores({ client: scene.alice, pageSize: 1 }, {});
      for await (const page of pages) seen.push(...(page.CustomKeyStores ?? []));
      expect(seen).toHaveLength(1);
    });

    it('a key of it → the metadata of an external key, and no rotation', async () => {
      const KeyId = await newExternalKey(scene);
      const { KeyMetadata } = await scene.alice.send(new DescribeKeyCommand({ KeyId }));
      expect(KeyMetadata).toMatchObject({
        Origin: 'EXTERNAL_KEY_STORE',
        CustomKeyStoreId: await sharedKeyStore(scene),
        XksKeyConfiguration: { Id: expect.stringMatching(/^key-/) as string },
        KeyState: 'Enabled',
      });
      const { alice } = scene;
      for (const rotation of [
        alice.send(new EnableKeyRotationCommand({ KeyId })),
        alice.send(new RotateKeyOnDemandCommand({ KeyId })),
      ]) {
        expect(await failureOf(rotation)).toBeInstanceOf(UnsupportedOperationException);
      }
    });

    it('disconnected → its keys are Unavailable; connected again → they encrypt', async () => {
      const KeyId = await newExternalKey(scene);
      const CustomKeyStoreId = await sharedKeyStore(scene);
      await scene.alice.send(new DisconnectCustomKeyStoreCommand({ CustomKeyStoreId }));
      expect(await scene.settled(CustomKeyStoreId)).toBe('DISCONNECTED');
      const { KeyMetadata } = await scene.alice.send(new DescribeKeyCommand({ KeyId }));
      expect(KeyMetadata).toMatchObject({ KeyState: 'Unavailable', Enabled: false });
      const use = () => scene.alice.send(new EncryptCommand({ KeyId, Plaintext: Buffer.of(1) }));
      expect(await failureOf(use())).toBeInstanceOf(KMSInvalidStateException);
      await scene.alice.send(
        new UpdateCustomKeyStoreCommand({
          CustomKeyStoreId,
          NewCustomKeyStoreName: 'shared',
          XksProxyUriPath: scene.server.uriPath,
        }),
      );
      await scene.alice.send(new ConnectCustomKeyStoreCommand({ CustomKeyStoreId }));
      expect(await scene.settled(CustomKeyStoreId)).toBe('CONNECTED');
      await use();
    });
  });
  testKeyStoreErrors(scene);
  testLastWords(scene);
}

type Exception = new (...args: never[]) => KMSServiceException;
type Make = (scene: SdkScene) => Promise<unknown>;

/** Creates a key store that is like the shared one, but for something. */
function creation(scene: SdkScene, changes: Partial<CreateCustomKeyStoreCommandInput>) {
  const settings = { ...settingsFor(scene, `other-${randomUUID()}`), ...changes };
  return scene.alice.send(new CreateCustomKeyStoreCommand(settings));
}

async function createKey(scene: SdkScene, XksKeyId: string) {
  const CustomKeyStoreId = await sharedKeyStore(scene);
  return scene.alice.send(
    new CreateKeyCommand({ Origin: 'EXTERNAL_KEY_STORE', CustomKeyStoreId, XksKeyId }),
  );
}

function testKeyStoreErrors(scene: SdkScene): void {
  const wrongSecret = { AccessKeyId: 'A'.repeat(20), RawSecretAccessKey: 'a'.repeat(43) };
  const table: readonly (readonly [string, Make, Exception])[] = [
    [
      'a name that is taken',
      (its) => creation(its, { CustomKeyStoreName: 'shared' }),
      CustomKeyStoreNameInUseException,
    ],
    ['a URI that is taken', (its) => creation(its, {}), XksProxyUriInUseException],
    [
      'a credential that the proxy does not know',
      async (its) => {
        const CustomKeyStoreId = await sharedKeyStore(its);
        const XksProxyAuthenticationCredential = wrongSecret;
        return its.alice.send(
          new UpdateCustomKeyStoreCommand({ CustomKeyStoreId, XksProxyAuthenticationCredential }),
        );
      },
      XksProxyIncorrectAuthenticationCredentialException,
    ],
    [
      'a path that the proxy does not serve',
      (its) => creation(its, { XksProxyUriPath: '/other/kms/xks/v1' }),
      XksProxyInvalidConfigurationException,
    ],
    [
      'a host that nobody answers for',
      (its) => creation(its, { XksProxyUriEndpoint: 'https://nobody.invalid' }),
      XksProxyUriUnreachableException,
    ],
    [
      'an address in place of a name',
      (its) => creation(its, { XksProxyUriEndpoint: 'https://127.0.0.1' }),
      XksProxyInvalidConfigurationException,
    ],
    [
      'a key store that there is not',
      ({ alice }) => {
        const CustomKeyStoreId = 'cks-00000000000000000';
        return alice.send(new ConnectCustomKeyStoreCommand({ CustomKeyStoreId }));
      },
      CustomKeyStoreNotFoundException,
    ],
    [
      'deletion while connected',
      async (its) => {
        const CustomKeyStoreId = await sharedKeyStore(its);
        return its.alice.send(new DeleteCustomKeyStoreCommand({ CustomKeyStoreId }));
      },
      CustomKeyStoreInvalidStateException,
    ],
    [
      'another endpoint while connected',
      async (its) => {
        const CustomKeyStoreId = await sharedKeyStore(its);
        const XksProxyUriEndpoint = 'https://other.example.com';
        return its.alice.send(
          new UpdateCustomKeyStoreCommand({ CustomKeyStoreId, XksProxyUriEndpoint }),
        );
      },
      CustomKeyStoreInvalidStateException,
    ],
    [
      'an external key that there is not',
      (its) => createKey(its, 'nobody-has-this'),
      XksKeyNotFoundException,
    ],
    [
      'an external key whose KMS key is pending deletion',
      async (its) => {
        const KeyId = await newExternalKey(its);
        const { KeyMetadata } = await its.alice.send(new DescribeKeyCommand({ KeyId }));
        await its.alice.send(new ScheduleKeyDeletionCommand({ KeyId }));
        return createKey(its, KeyMetadata?.XksKeyConfiguration?.Id ?? '');
      },
      XksKeyAlreadyInUseException,
    ],
  ];
  it.each(table)('%s → its exception of the SDK', async (_condition, make, exception) => {
    await sharedKeyStore(scene);
    expect(await failureOf(make(scene))).toBeInstanceOf(exception);
  });

  it.each([
    { what: 'a port', changes: { XksProxyUriEndpoint: 'https://localhost:8443' } },
    { what: 'a path of another form', changes: { XksProxyUriPath: '/kms/xks' } },
    { what: 'a name of no characters', changes: { CustomKeyStoreName: '' } },
  ])('$what → ValidationException', async ({ changes }) => {
    expect((await failureOf(creation(scene, changes))).name).toBe('ValidationException');
  });
}

function testLastWords(scene: SdkScene): void {
  it('a key store with keys → cannot be deleted; one without → gone', async () => {
    await newExternalKey(scene);
    const CustomKeyStoreId = await sharedKeyStore(scene);
    const deletion = (id: string) =>
      scene.alice.send(new DeleteCustomKeyStoreCommand({ CustomKeyStoreId: id }));
    await scene.alice.send(new DisconnectCustomKeyStoreCommand({ CustomKeyStoreId }));
    await scene.settled(CustomKeyStoreId);
    expect(await failureOf(deletion(CustomKeyStoreId))).toBeInstanceOf(
      CustomKeyStoreHasCMKsException,
    );
    await scene.alice.send(new ConnectCustomKeyStoreCommand({ CustomKeyStoreId }));
    expect(await scene.settled(CustomKeyStoreId)).toBe('CONNECTED');
    // A service of a VPC endpoint is first asked when it connects.
    const { CustomKeyStoreId: empty = '' } = await creation(scene, {
      XksProxyConnectivity: 'VPC_ENDPOINT_SERVICE',
      XksProxyUriEndpoint: 'https://vpc.example.com',
      XksProxyVpcEndpointServiceName: 'com.amazonaws.vpce.eu-west-1.vpce-svc-0123456789abcdef0',
    });
    await deletion(empty);
    expect(await failureOf(deletion(empty))).toBeInstanceOf(CustomKeyStoreNotFoundException);
  });
}
