import {
  CreateKeyCommand,
  DecryptCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  KMSClient,
  KMSInvalidStateException,
  UpdateCustomKeyStoreCommand,
  XksKeyInvalidConfigurationException,
  XksProxyIncorrectAuthenticationCredentialException,
} from '@aws-sdk/client-kms';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  quickstartConfiguration,
  type QuickstartConfiguration,
} from '../../support/holdfast-server.js';
import { ALICE, BOB, REGION } from '../../support/kms-simulator/simulator-process.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { sharedKeyStore } from './sdk/key-stores.js';
import { failureOf, SdkScene } from './sdk/scene.js';

const KEY = 'quickstart-key';
const POLICY = 'clerks-only-encrypt';
const POLICIES = `permit(principal, action, resource);
@id("${POLICY}")
forbid(principal in Principal::"${BOB.principal}", action, resource) unless { action == Action::"Encrypt" };
`;
const REASON = ['--reason', 'incident 4711'];

/** The words of KMS to a caller for each error of the proxy. */
const DENIED = /The external key store proxy denied access to the operation/u;
const NOT_ENABLED = /is not enabled in the external key manager/u;
const TOO_OFTEN = /due to a very high request rate/u;
const NOT_AUTHENTICATED = /could not authenticate AWS KMS/u;

const folder = temporaryFolder(afterAll);
const [keyStore] = quickstartConfiguration().keyStores;
const stateDirectory = temporaryFolder(afterAll);
writeFileSync(join(stateDirectory, 'store.cedar'), POLICIES);
const scene = new SdkScene(join(folder, 'kms'), {
  stateDirectory,
  configuration: {
    ...quickstartConfiguration(),
    keyStores: [{ ...keyStore, policies: { files: ['store.cedar'] } }],
  },
});
let KeyId = '';
let CiphertextBlob: Uint8Array | undefined;

beforeAll(async () => {
  await scene.start();
  KeyId = await createKey(KEY);
  CiphertextBlob = (await encrypt()).CiphertextBlob;
});
afterAll(async () => {
  await scene.stop();
});

const encrypt = (client = scene.alice) =>
  client.send(new EncryptCommand({ KeyId, Plaintext: Buffer.from('for sale') }));
const decrypt = (client = scene.alice) => client.send(new DecryptCommand({ CiphertextBlob }));
const dataKey = (client = scene.alice) =>
  client.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256' }));

async function createKey(XksKeyId: string, client = scene.alice): Promise<string> {
  const CustomKeyStoreId = await sharedKeyStore(scene);
  const input = { Origin: 'EXTERNAL_KEY_STORE', CustomKeyStoreId, XksKeyId } as const;
  return (await client.send(new CreateKeyCommand(input))).KeyMetadata?.KeyId ?? '';
}

async function holdfast(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await scene.server.holdfast(...args);
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

/** Changes the key store in the configuration, and reloads it. */
async function configured(fields: object): Promise<void> {
  const file = join(scene.server.stateDirectory, 'holdfast.yaml');
  const { keyStores, ...rest } = parse(readFileSync(file, 'utf8')) as QuickstartConfiguration;
  const changed = { ...rest, keyStores: keyStores.map((each) => ({ ...each, ...fields })) };
  writeFileSync(file, stringify(changed));
  await holdfast('reload');
}

/** Every call is refused with KMSInvalidStateException, and KMS says why. */
async function expectRefused(
  calls: readonly (() => Promise<unknown>)[],
  why: RegExp,
): Promise<void> {
  for (const call of calls) {
    const failure = await failureOf(call());
    expect(failure).toBeInstanceOf(KMSInvalidStateException);
    expect(failure.message).toMatch(why);
    expect(failure.message).not.toContain(POLICY);
  }
}

describe('a caller of KMS who is denied', () => {
  it('by a policy → KMSInvalidStateException, that access was denied; others go on', async () => {
    await encrypt(scene.bob);
    await expectRefused([() => decrypt(scene.bob)], DENIED);
    await decrypt();
  });

  it('by a policy at CreateKey → KMSInvalidStateException, and no key is made', async () => {
    await holdfast('keys', 'create', 'not-for-clerks', '--key-store', 'quickstart');
    await expectRefused([() => createKey('not-for-clerks', scene.bob)], DENIED);
    await createKey('not-for-clerks');
  });

  it('by the block of a principal → KMSInvalidStateException, that access was denied', async () => {
    await holdfast('principals', 'block', BOB.principal, ...REASON);
    await expectRefused([() => encrypt(scene.bob), () => dataKey(scene.bob)], DENIED);
    await encrypt();
    await holdfast('principals', 'unblock', BOB.principal, ...REASON);
    await encrypt(scene.bob);
  });

  it.each([
    ['a key', ['keys', KEY]],
    ['a key store', ['key-stores', 'quickstart']],
  ])(
    'by the block of %s → KMSInvalidStateException, that the key is not enabled',
    async (_, of) => {
      const [what = '', name = ''] = of;
      await holdfast(what, 'block', name, ...REASON);
      await expectRefused(
        [encrypt, decrypt, dataKey].map((call) => () => call()),
        NOT_ENABLED,
      );
      await holdfast(what, 'unblock', name, ...REASON);
      await decrypt();
    },
  );

  it('by the block of a key at CreateKey → XksKeyInvalidConfigurationException', async () => {
    await holdfast('keys', 'create', 'blocked-at-once', '--key-store', 'quickstart');
    await holdfast('keys', 'block', 'blocked-at-once', ...REASON);
    const failure = await failureOf(createKey('blocked-at-once'));
    expect(failure).toBeInstanceOf(XksKeyInvalidConfigurationException);
  });

  it('by a quota → KMSInvalidStateException, which the SDK does not try again', async () => {
    const { endpoint } = scene.simulator;
    const retrying = new KMSClient({ endpoint, region: REGION, credentials: { ...ALICE } });
    await configured({ quotas: { perAccount: { requestsPerSecond: 1, burst: 1 } } });
    const until = async () => {
      for (let calls = 0; calls < 200; calls += 1) await encrypt(retrying);
    };
    const failure = await failureOf(until());
    expect(failure).toBeInstanceOf(KMSInvalidStateException);
    expect(failure.message).toMatch(TOO_OFTEN);
    expect(failure.$metadata.attempts).toBe(1);
    await configured({ quotas: undefined });
    await encrypt();
  });

  it('by a disabled credential → KMSInvalidStateException, and KMS takes no such credential', async () => {
    const CustomKeyStoreId = await sharedKeyStore(scene);
    const add = ['credentials', 'add', '--key-store', 'quickstart', '--json'];
    const { accessKeyId: AccessKeyId, secretAccessKey: RawSecretAccessKey } = JSON.parse(
      await holdfast(...add),
    ) as { accessKeyId: string; secretAccessKey: string };
    const update = new UpdateCustomKeyStoreCommand({
      CustomKeyStoreId,
      XksProxyAuthenticationCredential: { AccessKeyId, RawSecretAccessKey },
    });
    await scene.alice.send(update);
    await encrypt();
    await holdfast('credentials', 'disable', AccessKeyId, '--force');
    await expectRefused([() => encrypt(), () => decrypt()], NOT_AUTHENTICATED);
    const refused = await failureOf(scene.alice.send(update));
    expect(refused).toBeInstanceOf(XksProxyIncorrectAuthenticationCredentialException);
    await holdfast('credentials', 'enable', AccessKeyId);
    await decrypt();
  });
});
