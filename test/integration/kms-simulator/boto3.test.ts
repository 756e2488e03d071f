import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HoldfastServer, startHoldfast } from '../../support/holdfast-server.js';
import { findAwsPythonClients } from '../../support/kms-simulator/aws-clients.js';
import { keyStoreInput } from '../../support/kms-simulator/key-store-input.js';
import { Boto3, type BotoAnswer, bytes } from '../../support/kms-simulator/boto3.js';
import {
  type SimulatorProcess,
  startSimulatorProcess,
} from '../../support/kms-simulator/simulator-process.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const packages = await findAwsPythonClients();
const NO_KEY = '00000000-0000-0000-0000-000000000000';
const CLERK = 'arn:aws:iam::111122223333:role/clerk';

describe.skipIf(packages === undefined)('boto3', () => {
  let server: HoldfastServer;
  let simulator: SimulatorProcess;
  let kms: Boto3;
  beforeAll(async () => {
    server = await startHoldfast();
    simulator = await startSimulatorProcess(join(temporaryFolder(afterAll), 'kms'), server);
    kms = new Boto3(packages ?? '', simulator.env);
  });
  afterAll(async () => {
    kms.close();
    await simulator.stop();
    await server.stop();
  });

  /** The output of a call that succeeds. */
  async function call(operation: string, input: object = {}): Promise<Record<string, unknown>> {
    const { output, ...failure } = await kms.call(operation, input);
    expect(failure).toEqual({});
    return { ...output };
  }

  async function newKey(input: object = {}): Promise<string> {
    const { KeyMetadata } = await call('create_key', input);
    return String((KeyMetadata as Record<string, unknown>)['KeyId']);
  }

  it('registration, a key, an envelope, re-encryption → the same data, and rotation refused', async () => {
    const input = keyStoreInput(server, 'boto');
    const { CustomKeyStoreId } = await call('create_custom_key_store', input);
    await call('connect_custom_key_store', { CustomKeyStoreId });
    let state: unknown;
    while (state !== 'CONNECTED') {
      const [page] = await kms.pages('describe_custom_key_stores', { CustomKeyStoreId });
      const [store] = page?.['CustomKeyStores'] as Record<string, unknown>[];
      state = store?.['ConnectionState'];
      expect(state).not.toBe('FAILED');
    }
    const origin = { Origin: 'EXTERNAL_KEY_STORE', CustomKeyStoreId, XksKeyId: 'quickstart-key' };
    const KeyId = await newKey(origin);
    const EncryptionContext = { purpose: 'envelope' };
    const envelope = { KeyId, KeySpec: 'AES_256', EncryptionContext };
    const { CiphertextBlob, Plaintext } = await call('generate_data_key', envelope);
    const opened = await call('decrypt', { CiphertextBlob, EncryptionContext });
    expect(opened['Plaintext']).toEqual(Plaintext);
    const DestinationKeyId = await newKey();
    const moved = await call('re_encrypt', {
      CiphertextBlob,
      SourceEncryptionContext: EncryptionContext,
      DestinationKeyId,
    });
    const there = await call('decrypt', { CiphertextBlob: moved['CiphertextBlob'] });
    expect(there['Plaintext']).toEqual(Plaintext);
    const rotation = await kms.call('enable_key_rotation', { KeyId });
    expect(rotation).toMatchObject({ exception: 'UnsupportedOperationException', typed: true });
    expect(await kms.call('create_key', origin)).toMatchObject({
      exception: 'XksKeyAlreadyInUseException',
      typed: true,
    });
  });

  it("boto3's paginators → everything once", async () => {
    const keys = [await newKey(), await newKey(), await newKey()];
    const [KeyId] = keys;
    const pages = await kms.pages('list_keys', { PaginationConfig: { PageSize: 1 } });
    const seen = pages.flatMap(({ Keys }) => Keys as { readonly KeyId: string }[]);
    expect(seen.map((key) => key.KeyId)).toEqual(expect.arrayContaining(keys));
    expect(pages.length).toBe(seen.length);
    for (const AliasName of ['alias/boto/1', 'alias/boto/2']) {
      await call('create_alias', { AliasName, TargetKeyId: KeyId });
    }
    await call('tag_resource', {
      KeyId,
      Tags: ['a', 'b'].map((TagKey) => ({ TagKey, TagValue: '' })),
    });
    for (const Name of ['one', 'two']) {
      await call('create_grant', {
        KeyId,
        Name,
        GranteePrincipal: CLERK,
        RetiringPrincipal: CLERK,
        Operations: ['Decrypt'],
      });
    }
    await call('rotate_key_on_demand', { KeyId });
    const PaginationConfig = { PageSize: 1 };
    const counts = [
      (await kms.pages('list_aliases', { KeyId, PaginationConfig })).length,
      (await kms.pages('list_resource_tags', { KeyId, PaginationConfig })).length,
      (await kms.pages('list_grants', { KeyId, PaginationConfig })).length,
      (await kms.pages('list_retirable_grants', { RetiringPrincipal: CLERK, PaginationConfig }))
        .length,
      (await kms.pages('list_key_rotations', { KeyId, PaginationConfig })).length,
      (await kms.pages('list_key_policies', { KeyId, PaginationConfig })).length,
    ];
    expect(counts).toEqual([2, 2, 2, 2, 1, 1]);
  });

  it('a page of 1,001 → a ClientError with the code ValidationException', async () => {
    expect(await kms.call('list_keys', { Limit: 1001 })).toMatchObject({
      exception: 'ClientError',
      code: 'ValidationException',
      status: 400,
    });
  });

  const failures: readonly (readonly [string, () => Promise<BotoAnswer>])[] = [
    ['NotFoundException', () => kms.call('describe_key', { KeyId: NO_KEY })],
    ['NotFoundException', () => kms.call('delete_alias', { AliasName: 'alias/nobody' })],
    ['InvalidArnException', () => kms.call('describe_key', { KeyId: 'arn:aws:s3:::bucket' })],
    ['InvalidMarkerException', () => kms.call('list_keys', { Marker: 'mine' })],
    ['InvalidCiphertextException', () => kms.call('decrypt', { CiphertextBlob: bytes('strange') })],
    [
      'InvalidCiphertextException',
      async () => {
        const KeyId = await newKey();
        const encryption = { KeyId, Plaintext: bytes('a'), EncryptionContext: { a: 'b' } };
        const { CiphertextBlob } = await call('encrypt', encryption);
        return kms.call('decrypt', { CiphertextBlob });
      },
    ],
    [
      'IncorrectKeyException',
      async () => {
        const encryption = { KeyId: await newKey(), Plaintext: bytes('a') };
        const { CiphertextBlob } = await call('encrypt', encryption);
        return kms.call('decrypt', { CiphertextBlob, KeyId: await newKey() });
      },
    ],
    [
      'DisabledException',
      async () => {
        const KeyId = await newKey();
        await call('disable_key', { KeyId });
        return kms.call('generate_data_key', { KeyId, KeySpec: 'AES_256' });
      },
    ],
    [
      'KMSInvalidStateException',
      async () => {
        const KeyId = await newKey();
        await call('schedule_key_deletion', { KeyId });
        return kms.call('enable_key', { KeyId });
      },
    ],
    [
      'DryRunOperationException',
      async () =>
        kms.call('encrypt', { KeyId: await newKey(), Plaintext: bytes('a'), DryRun: true }),
    ],
    [
      'MalformedPolicyDocumentException',
      async () => kms.call('put_key_policy', { KeyId: await newKey(), Policy: 'no policy' }),
    ],
    [
      'TagException',
      async () => {
        const Tags = [{ TagKey: 'aws:a', TagValue: '' }];
        return kms.call('tag_resource', { KeyId: await newKey(), Tags });
      },
    ],
    ['InvalidGrantTokenException', () => kms.call('retire_grant', { GrantToken: 'strange' })],
    ['UnsupportedOperationException', () => kms.call('create_key', { KeySpec: 'RSA_2048' })],
    [
      'CustomKeyStoreNotFoundException',
      () => kms.call('delete_custom_key_store', { CustomKeyStoreId: 'cks-0' }),
    ],
    [
      'CustomKeyStoreNotFoundException',
      () =>
        kms.call('create_key', {
          Origin: 'EXTERNAL_KEY_STORE',
          CustomKeyStoreId: 'cks-0',
          XksKeyId: 'a',
        }),
    ],
  ];
  it.each(failures)('%s → the class of client.exceptions', async (name, ask) => {
    expect(await ask()).toMatchObject({ exception: name, code: name, typed: true, status: 400 });
  });
});
