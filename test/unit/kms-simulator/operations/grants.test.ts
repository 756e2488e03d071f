import { describe, expect, it } from 'vitest';
import { createGrant } from '../../../../src/kms-simulator/operations/create-grant.js';
import { listGrants } from '../../../../src/kms-simulator/operations/list-grants.js';
import { listRetirableGrants } from '../../../../src/kms-simulator/operations/list-retirable-grants.js';
import type { Operation } from '../../../../src/kms-simulator/operations/operation.js';
import { retireGrant } from '../../../../src/kms-simulator/operations/retire-grant.js';
import { revokeGrant } from '../../../../src/kms-simulator/operations/revoke-grant.js';
import { openKeys, STRANGER, type TestKeys } from '../../../support/kms-simulator/key-ring.js';
import { ACCOUNT, callOf } from '../../../support/kms-simulator/key-stores.js';

const CLERK = `arn:aws:iam::${ACCOUNT}:role/clerk`;
const JUDGE = `arn:aws:iam::${ACCOUNT}:role/judge`;
const TERMS = { GranteePrincipal: CLERK, Operations: ['Encrypt'] };

/** A grant as CreateGrant answers. */
interface Granted {
  readonly GrantId: string;
  readonly GrantToken: string;
}

/** A key, and the operations on its grants. */
async function keyWithGrants() {
  const test = await openKeys();
  const { id: KeyId } = await test.make();
  const perform = async (operation: Operation, input: object, by = {}) => {
    const request = { call: callOf(operation.name, by), used: [] };
    return operation.perform(input, request, test.kms);
  };
  const create = async (input: object = {}): Promise<Granted> => {
    const made = await perform(createGrant, { KeyId, ...TERMS, ...input });
    return { GrantId: String(made['GrantId']), GrantToken: String(made['GrantToken']) };
  };
  const ids = async (input: object = {}): Promise<string[]> => {
    const { Grants } = await perform(listGrants, { KeyId, ...input });
    return (Grants as Granted[]).map(({ GrantId }) => GrantId);
  };
  return { ...test, KeyId, perform, create, ids };
}

function idsOf(grants: readonly Granted[]): string[] {
  return grants.map(({ GrantId }) => GrantId).sort();
}

async function nameOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'done',
    (error: unknown) => (error as Error).name,
  );
}

describe('CreateGrant', () => {
  it('of one name and the same terms → the same grant; without a name, or with other terms → another', async () => {
    const { create, ids } = await keyWithGrants();
    const [first, again] = [await create({ Name: 'a' }), await create({ Name: 'a' })];
    expect(again).toEqual(first);
    const others = [
      await create({ Name: 'b' }),
      await create({ Name: 'a', Operations: ['Decrypt'] }),
      await create({ Name: 'a', Constraints: { EncryptionContextSubset: { a: 'b' } } }),
      await create(),
      await create(),
    ];
    expect((await ids()).sort()).toEqual(idsOf([first, ...others]));
    expect(new Set(others.map(({ GrantToken }) => GrantToken)).size).toBe(others.length);
  });

  it('of one name on two keys → two grants', async () => {
    const { create, make } = await keyWithGrants();
    const { id } = await make();
    const [one, other] = [await create({ Name: 'a' }), await create({ Name: 'a', KeyId: id })];
    expect(other.GrantId).not.toBe(one.GrantId);
  });

  it.each([
    ['nobody', { GranteePrincipal: undefined }, 'ValidationException'],
    ['two', { GranteeServicePrincipal: 'rds.amazonaws.com' }, 'ValidationException'],
    ['no operation', { Operations: [] }, 'ValidationException'],
    ['Sign, which is for other keys', { Operations: ['Encrypt', 'Sign'] }, 'ValidationException'],
    ['a dry run', { DryRun: true }, 'DryRunOperationException'],
  ])('to %s → %3$s, and there is none', async (_, changes, exception) => {
    const { perform, ids, KeyId } = await keyWithGrants();
    const call = perform(createGrant, { KeyId, ...TERMS, ...changes });
    expect(await nameOf(call)).toBe(exception);
    expect(await ids()).toEqual([]);
  });

  it('on a key that is disabled → DisabledException', async () => {
    const { perform, make } = await keyWithGrants();
    const { id } = await make({ state: 'Disabled' });
    expect(await nameOf(perform(createGrant, { KeyId: id, ...TERMS }))).toBe('DisabledException');
  });
});

describe('ListGrants', () => {
  it('by grantee, service and id → those alone; a grant shows its terms and nothing of its token', async () => {
    const { create, ids, perform, keys, KeyId } = await keyWithGrants();
    const clerk = await create();
    const judge = await create({ GranteePrincipal: JUDGE, RetiringPrincipal: CLERK, Name: 'j' });
    const GranteeServicePrincipal = 'rds.amazonaws.com';
    const service = await create({ GranteePrincipal: undefined, GranteeServicePrincipal });
    expect(await ids({ GranteePrincipal: CLERK })).toEqual([clerk.GrantId]);
    expect(await ids({ GranteeServicePrincipal })).toEqual([service.GrantId]);
    expect(await ids({ GrantId: 'none' })).toEqual([]);
    const { Grants } = await perform(listGrants, { KeyId, GrantId: judge.GrantId });
    expect(Grants).toEqual([
      {
        KeyId: keys.arnOf({ id: KeyId, account: ACCOUNT }),
        GrantId: judge.GrantId,
        CreationDate: Date.parse('2026-01-01T00:00:00Z') / 1000,
        IssuingAccount: `arn:aws:iam::${ACCOUNT}:root`,
        GranteePrincipal: JUDGE,
        RetiringPrincipal: CLERK,
        Operations: ['Encrypt'],
        Name: 'j',
      },
    ]);
  });

  it('page by page, one deleted between → each of the others once', async () => {
    const { create, ids, perform, KeyId } = await keyWithGrants();
    for (let count = 0; count < 5; count += 1) await create();
    const all = await ids();
    const first = await perform(listGrants, { KeyId, Limit: 2 });
    await perform(revokeGrant, { KeyId, GrantId: all[1] });
    const rest = await ids({ Marker: first['NextMarker'] });
    expect(rest).toEqual(all.slice(2));
  });
});

describe('the end of a grant', () => {
  const ways: readonly (readonly [
    string,
    (
      test: Awaited<ReturnType<typeof keyWithGrants>>,
      grant: Granted,
      more?: object,
    ) => Promise<unknown>,
  ])[] = [
    [
      'RevokeGrant',
      ({ perform, KeyId }, { GrantId }, more) => perform(revokeGrant, { KeyId, GrantId, ...more }),
    ],
    [
      'RetireGrant by key and id',
      ({ perform, KeyId }, { GrantId }, more) => perform(retireGrant, { KeyId, GrantId, ...more }),
    ],
    [
      'RetireGrant by token',
      ({ perform }, { GrantToken }, more) => perform(retireGrant, { GrantToken, ...more }),
    ],
  ];

  it.each(ways)(
    '%s → that grant alone is gone; a dry run changes nothing; a second time fails',
    async (_, end) => {
      const test = await keyWithGrants();
      const [grant, other] = [await test.create(), await test.create()];
      expect(await nameOf(end(test, grant, { DryRun: true }))).toBe('DryRunOperationException');
      expect(await test.ids()).toHaveLength(2);
      await end(test, grant);
      expect(await test.ids()).toEqual([other.GrantId]);
      expect(await nameOf(end(test, grant))).toMatch(/^(NotFound|InvalidGrantToken)Exception$/);
    },
  );

  it('by the key of another grant → NotFoundException, and the grant stays', async () => {
    const test = await keyWithGrants();
    const grant = await test.create();
    const { id: KeyId } = await test.make();
    for (const operation of [revokeGrant, retireGrant]) {
      const call = test.perform(operation, { KeyId, GrantId: grant.GrantId });
      expect(await nameOf(call)).toBe('NotFoundException');
    }
    expect(await test.ids()).toEqual([grant.GrantId]);
  });

  it.each([
    ['nothing', {}],
    ['a key alone', { KeyId: 'given' }],
    ['an id alone', { GrantId: 'a' }],
    ['token and key', { GrantToken: 'a', KeyId: 'given' }],
    ['token, key and id', { GrantToken: 'a', KeyId: 'given', GrantId: 'a' }],
  ])('RetireGrant with %s → ValidationException', async (_, input) => {
    const { perform, KeyId } = await keyWithGrants();
    const named = 'KeyId' in input ? { ...input, KeyId } : input;
    expect(await nameOf(perform(retireGrant, named))).toBe('ValidationException');
  });
});

describe('ListRetirableGrants', () => {
  async function retirable({ kms }: TestKeys, input: object, by: object = {}) {
    const request = { call: callOf('ListRetirableGrants', by), used: [] };
    const { Grants } = await listRetirableGrants.perform(input, request, kms);
    return (Grants as Granted[]).map(({ GrantId }) => GrantId);
  }

  it('by whoever may retire → those of all keys of the account, and of no other', async () => {
    const test = await keyWithGrants();
    const { id } = await test.make();
    const may = { RetiringPrincipal: JUDGE };
    const grants = [await test.create(may), await test.create({ ...may, KeyId: id })];
    await test.create();
    await test.create({ RetiringPrincipal: CLERK });
    expect((await retirable(test, may)).sort()).toEqual(idsOf(grants));
    expect(await retirable(test, may, STRANGER)).toEqual([]);
  });

  it.each([[{}], [{ RetiringPrincipal: JUDGE, RetiringServicePrincipal: 'rds.amazonaws.com' }]])(
    '%j → ValidationException',
    async (input) => {
      expect(await nameOf(retirable(await keyWithGrants(), input))).toBe('ValidationException');
    },
  );
});
