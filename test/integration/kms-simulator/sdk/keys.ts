import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  CreateKeyCommand,
  DeleteAliasCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  EncryptCommand,
  InvalidAliasNameException,
  InvalidArnException,
  InvalidMarkerException,
  KMSInvalidStateException,
  type KMSServiceException,
  ListAliasesCommand,
  ListKeysCommand,
  AlreadyExistsException,
  DisabledException,
  NotFoundException,
  paginateListAliases,
  paginateListKeys,
  ScheduleKeyDeletionCommand,
  UnsupportedOperationException,
  UpdateAliasCommand,
  UpdateKeyDescriptionCommand,
} from '@aws-sdk/client-kms';
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { failureOf, type SdkScene } from './scene.js';

const ACCOUNT = '111122223333';
const NO_KEY = '00000000-0000-0000-0000-000000000000';

/** Creates an ordinary key. @returns its id */
export async function newKey({ alice }: SdkScene, Description = ''): Promise<string> {
  const { KeyMetadata } = await alice.send(new CreateKeyCommand({ Description }));
  return KeyMetadata?.KeyId ?? '';
}

/** Creates an alias that no other test has. @returns its name */
export async function newAlias({ alice }: SdkScene, TargetKeyId: string): Promise<string> {
  const AliasName = `alias/test/${randomUUID()}`;
  await alice.send(new CreateAliasCommand({ AliasName, TargetKeyId }));
  return AliasName;
}

/** The life of keys and their names. */
export function testKeys(scene: SdkScene): void {
  describe('keys', () => {
    it('a new key → the metadata of an ordinary symmetric key', async () => {
      const command = new CreateKeyCommand({ Description: 'mine' });
      const { KeyMetadata } = await scene.alice.send(command);
      const id = KeyMetadata?.KeyId ?? '';
      expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      expect(KeyMetadata).toMatchObject({
        AWSAccountId: ACCOUNT,
        Arn: `arn:aws:kms:eu-west-1:${ACCOUNT}:key/${id}`,
        CreationDate: expect.any(Date) as Date,
        Enabled: true,
        Description: 'mine',
        KeyUsage: 'ENCRYPT_DECRYPT',
        KeyState: 'Enabled',
        Origin: 'AWS_KMS',
        KeyManager: 'CUSTOMER',
        CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
        KeySpec: 'SYMMETRIC_DEFAULT',
        EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
        MultiRegion: false,
      });
    });

    it('key id, key ARN, alias name or alias ARN → the same key', async () => {
      const id = await newKey(scene);
      const alias = await newAlias(scene, id);
      const prefix = `arn:aws:kms:eu-west-1:${ACCOUNT}`;
      for (const KeyId of [id, `${prefix}:key/${id}`, alias, `${prefix}:${alias}`]) {
        const { KeyMetadata } = await scene.alice.send(new DescribeKeyCommand({ KeyId }));
        expect(KeyMetadata?.KeyId).toBe(id);
      }
    });

    it('pages of two keys → every key once, in the order of their ids', async () => {
      const made = await Promise.all([1, 2, 3, 4, 5].map(() => newKey(scene)));
      const ids: (string | undefined)[] = [];
      for await (const page of paginateListKeys({ client: scene.alice, pageSize: 2 }, {})) {
        expect(page.Keys?.length).toBeLessThanOrEqual(2);
        ids.push(...(page.Keys ?? []).map(({ KeyId }) => KeyId));
      }
      expect(ids).toEqual(expect.arrayContaining(made));
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids).toEqual([...ids].sort());
    });

    it('disabled, enabled, scheduled, cancelled → the states of KMS', async () => {
      const KeyId = await newKey(scene);
      const stateOf = async () => {
        const { KeyMetadata } = await scene.alice.send(new DescribeKeyCommand({ KeyId }));
        return KeyMetadata?.KeyState;
      };
      const use = () => scene.alice.send(new EncryptCommand({ KeyId, Plaintext: Buffer.of(1) }));
      await scene.alice.send(new DisableKeyCommand({ KeyId }));
      expect(await stateOf()).toBe('Disabled');
      expect(await failureOf(use())).toBeInstanceOf(DisabledException);
      await scene.alice.send(new EnableKeyCommand({ KeyId }));
      await use();
      const deletion = new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 });
      const scheduled = await scene.alice.send(deletion);
      expect(scheduled).toMatchObject({ KeyState: 'PendingDeletion', PendingWindowInDays: 7 });
      const days = (Number(scheduled.DeletionDate) - Date.now()) / 86_400_000;
      expect(Math.round(days)).toBe(7);
      expect(await failureOf(use())).toBeInstanceOf(KMSInvalidStateException);
      expect(await failureOf(scene.alice.send(deletion))).toBeInstanceOf(KMSInvalidStateException);
      await scene.alice.send(new CancelKeyDeletionCommand({ KeyId }));
      expect(await stateOf()).toBe('Disabled');
    });

    it('a new description → described', async () => {
      const KeyId = await newKey(scene, 'before');
      const Description = 'after';
      await scene.alice.send(new UpdateKeyDescriptionCommand({ KeyId, Description }));
      const { KeyMetadata } = await scene.alice.send(new DescribeKeyCommand({ KeyId }));
      expect(KeyMetadata?.Description).toBe('after');
    });

    it('a key of another account → used by its ARN, as no policy is asked, but not changed', async () => {
      const { KeyMetadata } = await scene.alice.send(new CreateKeyCommand({}));
      const KeyId = KeyMetadata?.Arn;
      await scene.carol.send(new EncryptCommand({ KeyId, Plaintext: Buffer.of(1) }));
      const change = scene.carol.send(new DisableKeyCommand({ KeyId }));
      const { name, $metadata } = await failureOf(change);
      expect({ name, status: $metadata.httpStatusCode }).toEqual({
        name: 'AccessDeniedException',
        status: 400,
      });
    });
  });
  testAliases(scene);
  testKeyErrors(scene);
}

function testAliases(scene: SdkScene): void {
  describe('aliases', () => {
    it('an alias moved to another key → encrypts with that one, listed there alone', async () => {
      const [before, after] = [await newKey(scene), await newKey(scene)];
      const AliasName = await newAlias(scene, before);
      await scene.alice.send(new UpdateAliasCommand({ AliasName, TargetKeyId: after }));
      const encryption = new EncryptCommand({ KeyId: AliasName, Plaintext: Buffer.of(1) });
      const { KeyId } = await scene.alice.send(encryption);
      expect(KeyId?.endsWith(after)).toBe(true);
      const { Aliases: old } = await scene.alice.send(new ListAliasesCommand({ KeyId: before }));
      expect(old).toEqual([]);
      const { Aliases } = await scene.alice.send(new ListAliasesCommand({ KeyId: after }));
      expect(Aliases).toMatchObject([{ AliasName, TargetKeyId: after }]);
    });

    it('a deleted alias → not found', async () => {
      const AliasName = await newAlias(scene, await newKey(scene));
      await scene.alice.send(new DeleteAliasCommand({ AliasName }));
      const use = scene.alice.send(new DescribeKeyCommand({ KeyId: AliasName }));
      expect(await failureOf(use)).toBeInstanceOf(NotFoundException);
    });

    it('pages of one alias → every alias once', async () => {
      const key = await newKey(scene);
      const made = [await newAlias(scene, key), await newAlias(scene, key)];
      const names: (string | undefined)[] = [];
      const config = { client: scene.alice, pageSize: 1 };
      for await (const { Aliases = [] } of paginateListAliases(config, { KeyId: key })) {
        names.push(...Aliases.map(({ AliasName }) => AliasName));
      }
      expect(names.sort()).toEqual(made.sort());
    });
  });
}

type Make = (scene: SdkScene) => Promise<unknown>;
type Exception = new (...args: never[]) => KMSServiceException;

function testKeyErrors(scene: SdkScene): void {
  const typed: readonly (readonly [string, Make, Exception])[] = [
    [
      'an unknown key id',
      ({ alice }) => alice.send(new DescribeKeyCommand({ KeyId: NO_KEY })),
      NotFoundException,
    ],
    [
      'text that is no key id',
      ({ alice }) => alice.send(new DescribeKeyCommand({ KeyId: 'nonsense' })),
      NotFoundException,
    ],
    [
      'an unknown alias',
      ({ alice }) => alice.send(new DescribeKeyCommand({ KeyId: 'alias/nobody' })),
      NotFoundException,
    ],
    [
      'an ARN of another service',
      ({ alice }) => alice.send(new DescribeKeyCommand({ KeyId: 'arn:aws:s3:::bucket' })),
      InvalidArnException,
    ],
    [
      'an alias where only keys are taken',
      async (its) => {
        const KeyId = await newAlias(its, await newKey(its));
        return its.alice.send(new EnableKeyCommand({ KeyId }));
      },
      NotFoundException,
    ],
    [
      'an alias that exists',
      async (its) => {
        const TargetKeyId = await newKey(its);
        const AliasName = await newAlias(its, TargetKeyId);
        return its.alice.send(new CreateAliasCommand({ AliasName, TargetKeyId }));
      },
      AlreadyExistsException,
    ],
    [
      'a marker that KMS has not made',
      ({ alice }) => alice.send(new ListKeysCommand({ Marker: 'mine' })),
      InvalidMarkerException,
    ],
    [
      'a key whose deletion is not scheduled',
      async (its) => its.alice.send(new CancelKeyDeletionCommand({ KeyId: await newKey(its) })),
      KMSInvalidStateException,
    ],
    [
      'an origin that the simulator has no part in',
      ({ alice }) => alice.send(new CreateKeyCommand({ Origin: 'EXTERNAL' })),
      UnsupportedOperationException,
    ],
    [
      'an alias name of a wrong form',
      async (its) => {
        const TargetKeyId = await newKey(its);
        return its.alice.send(new CreateAliasCommand({ AliasName: 'alias/', TargetKeyId }));
      },
      InvalidAliasNameException,
    ],
  ];
  it.each(typed)('%s → its exception of the SDK', async (_condition, make, exception) => {
    const failure = await failureOf(make(scene));
    expect(failure).toBeInstanceOf(exception);
    expect(failure.$metadata.httpStatusCode).toBe(400);
  });

  const invalid: readonly (readonly [string, Make])[] = [
    [
      'a waiting period of 6 days',
      async (its) => {
        const KeyId = await newKey(its);
        return its.alice.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 6 }));
      },
    ],
    ['a page of 1,001', ({ alice }) => alice.send(new ListKeysCommand({ Limit: 1001 }))],
    [
      'an origin that there is not',
      ({ alice }) => alice.send(new CreateKeyCommand({ Origin: 'MOON' as 'EXTERNAL' })),
    ],
    [
      'a key id of 2,049 characters',
      ({ alice }) => alice.send(new DescribeKeyCommand({ KeyId: 'k'.repeat(2049) })),
    ],
    ['no key id', ({ alice }) => alice.send(new DescribeKeyCommand({ KeyId: undefined }))],
  ];
  it.each(invalid)("%s → ValidationException in KMS's words", async (_condition, make) => {
    const { name, message } = await failureOf(make(scene));
    expect(name).toBe('ValidationException');
    expect(message).toMatch(
      /^1 validation error detected: Value .* failed to satisfy constraint: /,
    );
  });
}
