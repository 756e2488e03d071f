import {
  ConnectCustomKeyStoreCommand,
  CreateCustomKeyStoreCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeCustomKeyStoresCommand,
  DescribeKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  type KMSClient,
  type KMSServiceException,
  ReEncryptCommand,
} from '@aws-sdk/client-kms';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { IdRecord } from '../../../src/external-keys/record.js';
import { AdminClient } from '../../../src/cli/admin-client.js';
import { freePort } from '../../support/free-ports.js';
import {
  type HoldfastServer,
  quickstartConfiguration,
  startHoldfast,
} from '../../support/holdfast-server.js';
import { keyStoreInput } from '../../support/kms-simulator/key-store-input.js';
import { sdkClient } from '../../support/kms-simulator/sdk-client.js';
import {
  ALICE,
  type SimulatorProcess,
  startSimulatorProcess,
} from '../../support/kms-simulator/simulator-process.js';
import { OVER, StoppedRecords } from '../../support/stopped-records.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { OAEP_2048, wrap } from '../../support/wrapping-pair.js';

const Plaintext = Buffer.from('kept for years');
const BOTH: ('ENCRYPT' | 'DECRYPT')[] = ['ENCRYPT', 'DECRYPT'];
const NOT_ENABLED = /is not enabled in the external key manager/u;
const NOT_FOUND = /was not found in its external key manager/u;
const NO_ANSWER = /cannot communicate with the external key manager/u;
const UNFIT = 'XksKeyInvalidConfigurationException';

/** A state, how a key comes into it, and what KMS says then. */
interface StateCase {
  readonly title: string;
  /** In the words of `holdfast keys show`. */
  readonly state: string;
  /** While Holdfast runs. */
  readonly act?: (id: string) => Promise<unknown>;
  /** While it does not. */
  readonly plant?: (record: IdRecord) => object;
  /** The message of cryptographic operations; absent where they succeed. */
  readonly says?: RegExp;
  /** The exception of CreateKey; absent where it succeeds. */
  readonly createKey?: string;
}

let server: HoldfastServer;
let simulator: SimulatorProcess;
let kms: KMSClient;
let CustomKeyStoreId = '';
/** KMS keys of the external keys that were Enabled once, and something encrypted under each. */
const kmsKeys = new Map<string, { readonly KeyId: string; readonly blob: Uint8Array }>();
let ordinary = '';

const admin = () => new AdminClient(server.adminSocket);
const by = (externalKeyId: string) => ({ pathParameters: { externalKeyId }, query: {} });

const CASES: readonly StateCase[] = [
  {
    title: 'Creating',
    state: 'Creating',
    plant: (record) => ({ ...record, state: 'Creating' }),
    ...{ says: NOT_ENABLED, createKey: UNFIT },
  },
  {
    title: 'PendingImport',
    state: 'PendingImport',
    act: (id) => admin().call('deleteImportedMaterial', by(id)),
    ...{ says: NOT_ENABLED, createKey: UNFIT },
  },
  { title: 'Enabled', state: 'Enabled' },
  {
    title: 'Disabled',
    state: 'Disabled',
    act: (id) => admin().call('disableKey', by(id)),
    ...{ says: NOT_ENABLED, createKey: UNFIT },
  },
  {
    title: 'PendingDeletion',
    state: 'PendingDeletion',
    act: (id) => admin().call('scheduleDeletion', { ...by(id), body: { days: 7 } }),
    ...{ says: NOT_ENABLED, createKey: UNFIT },
  },
  {
    title: 'Destroyed',
    state: 'Destroyed',
    plant: (record) => ({ ...record, state: 'PendingDeletion', deletion: OVER }),
    ...{ says: NOT_FOUND, createKey: 'XksKeyNotFoundException' },
  },
  {
    title: 'Unavailable, because its record cannot be read',
    state: 'Unavailable',
    plant: () => ({ kind: 'nobody knows' }),
    ...{ says: NO_ANSWER, createKey: 'CustomKeyStoreInvalidStateException' },
  },
];

/** The external key of a case that has a KMS key, and that of which one is asked for. */
const idsOf = ({ title }: StateCase) => {
  const name = title.replaceAll(/\W+/gu, '-');
  return { used: `${name}.used`, other: `${name}.other` };
};

beforeAll(async () => {
  const stateDirectory = temporaryFolder(afterAll);
  const configuration = quickstartConfiguration();
  const [listener] = configuration.listeners;
  if (listener !== undefined) listener['port'] = await freePort();
  const start = () => startHoldfast({ stateDirectory, configuration });
  server = await start();
  simulator = await startSimulatorProcess(join(temporaryFolder(afterAll), 'kms'), server);
  kms = sdkClient(simulator.endpoint, { credentials: ALICE });
  CustomKeyStoreId = await connectedKeyStore();
  ordinary = (await kms.send(new CreateKeyCommand({}))).KeyMetadata?.KeyId ?? '';
  for (const each of CASES) await makeKeys(each);
  await server.stop();
  const records = StoppedRecords.inFolder(stateDirectory);
  for (const each of CASES) {
    const { used, other } = idsOf(each);
    for (const id of [used, other]) if (each.plant) await records.change(id, each.plant);
  }
  server = await start();
}, 120_000);

afterAll(async () => {
  await simulator.stop();
  await server.stop();
});

async function connectedKeyStore(): Promise<string> {
  const creation = new CreateCustomKeyStoreCommand(keyStoreInput(server, 'states'));
  const { CustomKeyStoreId: id = '' } = await kms.send(creation);
  await kms.send(new ConnectCustomKeyStoreCommand({ CustomKeyStoreId: id }));
  await vi.waitFor(async () => {
    const { CustomKeyStores: [store] = [] } = await kms.send(
      new DescribeCustomKeyStoresCommand({ CustomKeyStoreId: id }),
    );
    expect(store?.ConnectionState).toBe('CONNECTED');
  });
  return id;
}

async function makeKeys(each: StateCase): Promise<void> {
  const { used, other } = idsOf(each);
  const origin = each.state === 'PendingImport' ? 'external' : 'generated';
  for (const externalKeyId of [used, other]) {
    const body = { externalKeyId, keyStore: 'quickstart', usage: BOTH, origin } as const;
    await admin().call('createKey', { body });
    if (origin === 'external') await importInto(externalKeyId);
  }
  const KeyId = await createKey(used);
  const { CiphertextBlob: blob } = await kms.send(new EncryptCommand({ KeyId, Plaintext }));
  kmsKeys.set(used, { KeyId, blob: blob ?? new Uint8Array() });
  for (const id of [used, other]) await each.act?.(id);
}

async function importInto(externalKeyId: string): Promise<void> {
  const parameters = { ...by(externalKeyId), body: OAEP_2048 };
  const { publicKey, importToken } = await admin().call('getImportParameters', parameters);
  const wrapped = wrap(OAEP_2048, Buffer.from(publicKey, 'base64'), Buffer.alloc(32, 3));
  const body = { encryptedKeyMaterial: wrapped.toString('base64'), importToken };
  await admin().call('importKeyMaterial', { ...by(externalKeyId), body });
}

async function createKey(XksKeyId: string): Promise<string> {
  const input = { Origin: 'EXTERNAL_KEY_STORE', CustomKeyStoreId, XksKeyId } as const;
  return (await kms.send(new CreateKeyCommand(input))).KeyMetadata?.KeyId ?? '';
}

/** The exception of a call; undefined where it succeeds. */
async function failureOf(call: Promise<unknown>): Promise<KMSServiceException | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    return error as KMSServiceException;
  }
}

describe.each(CASES)('an external key that is $title', (each) => {
  const { used, other } = idsOf(each);
  const { says } = each;
  const key = () => kmsKeys.get(used) ?? { KeyId: '', blob: new Uint8Array() };

  it('an administrator who looks → its state', async () => {
    await vi.waitFor(
      async () => {
        expect((await admin().call('showKey', by(used))).state).toBe(each.state);
      },
      { timeout: 20_000 },
    );
  });

  it.each([
    ['Encrypt', () => kms.send(new EncryptCommand({ KeyId: key().KeyId, Plaintext }))],
    ['Decrypt', () => kms.send(new DecryptCommand({ CiphertextBlob: key().blob }))],
    [
      'GenerateDataKey',
      () => kms.send(new GenerateDataKeyCommand({ KeyId: key().KeyId, KeySpec: 'AES_256' })),
    ],
    [
      'GenerateDataKeyWithoutPlaintext',
      () => {
        const input = { KeyId: key().KeyId, KeySpec: 'AES_256' } as const;
        return kms.send(new GenerateDataKeyWithoutPlaintextCommand(input));
      },
    ],
    [
      'ReEncrypt away from it',
      () => {
        const input = { CiphertextBlob: key().blob, DestinationKeyId: ordinary };
        return kms.send(new ReEncryptCommand(input));
      },
    ],
    [
      'ReEncrypt to it',
      async () => {
        const made = await kms.send(new EncryptCommand({ KeyId: ordinary, Plaintext }));
        const input = { CiphertextBlob: made.CiphertextBlob, DestinationKeyId: key().KeyId };
        return kms.send(new ReEncryptCommand(input));
      },
    ],
  ] as const)('%s → what KMS says of that state', async (_operation, call) => {
    const failure = await failureOf(call());
    expect(failure?.name).toBe(says && 'KMSInvalidStateException');
    if (says !== undefined) expect(failure?.message).toMatch(says);
  });

  it('CreateKey with another external key in that state → what KMS says of it', async () => {
    expect((await failureOf(createKey(other)))?.name).toBe(each.createKey);
  });

  it('DescribeKey → Enabled: KMS has asked for the external key once, at CreateKey', async () => {
    const described = await kms.send(new DescribeKeyCommand({ KeyId: key().KeyId }));
    expect(described.KeyMetadata?.KeyState).toBe('Enabled');
  });
});
