import {
  CreateGrantCommand,
  DisableKeyRotationCommand,
  EnableKeyRotationCommand,
  DecryptCommand,
  EncryptCommand,
  GetKeyPolicyCommand,
  GetKeyRotationStatusCommand,
  InvalidGrantTokenException,
  ListGrantsCommand,
  ListKeyPoliciesCommand,
  ListKeyRotationsCommand,
  ListResourceTagsCommand,
  ListRetirableGrantsCommand,
  MalformedPolicyDocumentException,
  NotFoundException,
  paginateListGrants,
  paginateListResourceTags,
  PutKeyPolicyCommand,
  RetireGrantCommand,
  RevokeGrantCommand,
  RotateKeyOnDemandCommand,
  TagException,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-kms';
import { describe, expect, it } from 'vitest';
import { newKey } from './keys.js';
import { failureOf, type SdkScene } from './scene.js';

const CLERK = 'arn:aws:iam::111122223333:role/clerk';

/** Features of keys beside their cryptography. */
export function testKeyFeatures(scene: SdkScene): void {
  testTags(scene);
  testPolicies(scene);
  testGrants(scene);
  testRotation(scene);
}

function testTags(scene: SdkScene): void {
  it('tags → listed on pages, replaced by key, taken away', async () => {
    const KeyId = await newKey(scene);
    const tagged = ['a', 'b', 'c'].map((TagKey) => ({ TagKey, TagValue: '1' }));
    await scene.alice.send(new TagResourceCommand({ KeyId, Tags: tagged }));
    const again = { KeyId, Tags: [{ TagKey: 'b', TagValue: '2' }] };
    await scene.alice.send(new TagResourceCommand(again));
    await scene.alice.send(new UntagResourceCommand({ KeyId, TagKeys: ['c', 'not-there'] }));
    const tags: object[] = [];
    const pages = paginateListResourceTags({ client: scene.alice, pageSize: 1 }, { KeyId });
    for await (const page of pages) tags.push(...(page.Tags ?? []));
    expect(tags).toHaveLength(2);
    expect(tags).toEqual(expect.arrayContaining([{ TagKey: 'b', TagValue: '2' }]));
  });

  it('a tag key that AWS keeps for itself → TagException', async () => {
    const KeyId = await newKey(scene);
    const Tags = [{ TagKey: 'aws:mine', TagValue: '' }];
    const tagging = scene.alice.send(new TagResourceCommand({ KeyId, Tags }));
    expect(await failureOf(tagging)).toBeInstanceOf(TagException);
    const { Tags: none } = await scene.alice.send(new ListResourceTagsCommand({ KeyId }));
    expect(none).toEqual([]);
  });
}

function testPolicies(scene: SdkScene): void {
  it('a policy that is put → given back; the one before → the default of KMS', async () => {
    const KeyId = await newKey(scene);
    const policyOf = async () => {
      const command = new GetKeyPolicyCommand({ KeyId, PolicyName: 'default' });
      const { Policy, PolicyName } = await scene.alice.send(command);
      expect(PolicyName).toBe('default');
      return Policy;
    };
    expect(JSON.parse((await policyOf()) ?? '')).toMatchObject({
      Version: '2012-10-17',
      Statement: [{ Principal: { AWS: 'arn:aws:iam::111122223333:root' }, Action: 'kms:*' }],
    });
    const statement = { Effect: 'Allow', Principal: { AWS: CLERK }, Action: '*', Resource: '*' };
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
    await scene.alice.send(new PutKeyPolicyCommand({ KeyId, Policy }));
    expect(await policyOf()).toBe(Policy);
    const { PolicyNames } = await scene.alice.send(new ListKeyPoliciesCommand({ KeyId }));
    expect(PolicyNames).toEqual(['default']);
    const wrong = scene.alice.send(new PutKeyPolicyCommand({ KeyId, Policy: '{"a":' }));
    expect(await failureOf(wrong)).toBeInstanceOf(MalformedPolicyDocumentException);
  });
}

function testGrants(scene: SdkScene): void {
  describe('grants', () => {
    const create = (KeyId: string, Name?: string) =>
      scene.alice.send(
        new CreateGrantCommand({
          KeyId,
          Name,
          GranteePrincipal: CLERK,
          RetiringPrincipal: CLERK,
          Operations: ['Encrypt', 'Decrypt'],
          Constraints: { EncryptionContextSubset: { department: 'payroll' } },
        }),
      );

    it('the same grant by name → the same id; without a name → another one', async () => {
      const KeyId = await newKey(scene);
      const [first, second] = [await create(KeyId, 'one'), await create(KeyId, 'one')];
      expect(second.GrantId).toBe(first.GrantId);
      expect((await create(KeyId)).GrantId).not.toBe((await create(KeyId)).GrantId);
      const ids: (string | undefined)[] = [];
      const pages = paginateListGrants({ client: scene.alice, pageSize: 2 }, { KeyId });
      for await (const { Grants = [] } of pages) ids.push(...Grants.map(({ GrantId }) => GrantId));
      expect(new Set(ids).size).toBe(3);
    });

    it('listed with what it was created with, and among those its principal may retire', async () => {
      const KeyId = await newKey(scene);
      const { GrantId } = await create(KeyId, 'listed');
      const { Grants } = await scene.alice.send(new ListGrantsCommand({ KeyId, GrantId }));
      expect(Grants).toMatchObject([
        {
          GrantId,
          Name: 'listed',
          GranteePrincipal: CLERK,
          RetiringPrincipal: CLERK,
          Operations: ['Encrypt', 'Decrypt'],
          Constraints: { EncryptionContextSubset: { department: 'payroll' } },
          CreationDate: expect.any(Date) as Date,
        },
      ]);
      const retirable = new ListRetirableGrantsCommand({ RetiringPrincipal: CLERK });
      const { Grants: mine = [] } = await scene.bob.send(retirable);
      expect(mine.map((grant) => grant.GrantId)).toContain(GrantId);
    });

    it('revoked, or retired by token or id → gone', async () => {
      const KeyId = await newKey(scene);
      const [one, two, three] = [await create(KeyId), await create(KeyId), await create(KeyId)];
      await scene.alice.send(new RevokeGrantCommand({ KeyId, GrantId: one.GrantId }));
      await scene.bob.send(new RetireGrantCommand({ GrantToken: two.GrantToken }));
      const arn = `arn:aws:kms:eu-west-1:111122223333:key/${KeyId}`;
      await scene.bob.send(new RetireGrantCommand({ KeyId: arn, GrantId: three.GrantId }));
      const { Grants } = await scene.alice.send(new ListGrantsCommand({ KeyId }));
      expect(Grants).toEqual([]);
      const again = new RevokeGrantCommand({ KeyId, GrantId: one.GrantId });
      expect(await failureOf(scene.alice.send(again))).toBeInstanceOf(NotFoundException);
      const strange = scene.bob.send(new RetireGrantCommand({ GrantToken: 'mine' }));
      expect(await failureOf(strange)).toBeInstanceOf(InvalidGrantTokenException);
    });
  });
}

function testRotation(scene: SdkScene): void {
  it('rotation by the calendar and on demand → told, and old ciphertexts open', async () => {
    const KeyId = await newKey(scene);
    const { CiphertextBlob } = await scene.alice.send(
      new EncryptCommand({ KeyId, Plaintext: Buffer.from('old') }),
    );
    const status = () => scene.alice.send(new GetKeyRotationStatusCommand({ KeyId }));
    expect((await status()).KeyRotationEnabled).toBe(false);
    await scene.alice.send(new EnableKeyRotationCommand({ KeyId, RotationPeriodInDays: 90 }));
    const enabled = await status();
    expect(enabled).toMatchObject({ KeyRotationEnabled: true, RotationPeriodInDays: 90 });
    const days = (Number(enabled.NextRotationDate) - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(90);
    await scene.alice.send(new RotateKeyOnDemandCommand({ KeyId }));
    const { Rotations } = await scene.alice.send(new ListKeyRotationsCommand({ KeyId }));
    expect(Rotations).toMatchObject([{ RotationType: 'ON_DEMAND' }]);
    const opened = await scene.alice.send(new DecryptCommand({ CiphertextBlob }));
    expect(Buffer.from(opened.Plaintext ?? []).toString()).toBe('old');
    await scene.alice.send(new DisableKeyRotationCommand({ KeyId }));
    expect((await status()).KeyRotationEnabled).toBe(false);
  });

  it.each([89, 2561])('a period of %i days → ValidationException', async (RotationPeriodInDays) => {
    const KeyId = await newKey(scene);
    const command = new EnableKeyRotationCommand({ KeyId, RotationPeriodInDays });
    expect((await failureOf(scene.alice.send(command))).name).toBe('ValidationException');
  });
}
