import { describe, expect, it } from 'vitest';
import type { UsedKey } from '../../../../src/kms-simulator/events/finished-call.js';
import type { KeyRing } from '../../../../src/kms-simulator/keys/key-ring.js';
import type { Need } from '../../../../src/kms-simulator/keys/states.js';
import { KEY_STORE, openKeys, STRANGER } from '../../../support/kms-simulator/key-ring.js';
import { ACCOUNT, callOf, REGION } from '../../../support/kms-simulator/key-stores.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const DAY_MS = 86_400_000;
const EXTERNAL = { customKeyStoreId: KEY_STORE, xksKeyId: 'material' };
const UNKNOWN = '00000000-0000-4000-8000-000000000000';

function arnOf(id: string, account = ACCOUNT): string {
  return `arn:aws:kms:${REGION}:${account}:key/${id}`;
}

async function nameKey(keys: KeyRing, name: string, targetKeyId: string): Promise<string> {
  const id = keys.aliasArnOf(ACCOUNT, name);
  const times = { createdAt: 0, updatedAt: 0 };
  await keys.aliases.put({ id, name, account: ACCOUNT, targetKeyId, ...times });
  return id;
}

/** How a name is resolved by Alice, and by whom else. */
function resolving(need: Need = 'use', changes: object = {}) {
  return { call: callOf('Encrypt'), used: [], need, byAlias: true, ...changes };
}

describe('a name of a key', () => {
  it('id, ARN, alias and ARN of the alias → the key, told for CloudTrail with its external key', async () => {
    const { keys, make } = await openKeys();
    const { id } = await make({ external: EXTERNAL });
    const aliasArn = await nameKey(keys, 'alias/payroll', id);
    for (const name of [id, arnOf(id), 'alias/payroll', aliasArn]) {
      const how = resolving();
      expect((await keys.resolve(name, how)).id).toBe(id);
      expect(how.used).toEqual([{ arn: arnOf(id), ...EXTERNAL }]);
    }
  });

  it.each([
    ['an alias, where none is taken', 'alias/payroll', { byAlias: false }, 'NotFoundException'],
    ['an alias that nobody has made', 'alias/other', {}, 'NotFoundException'],
    ['an id that nobody has', UNKNOWN, {}, 'NotFoundException'],
    [
      'the ARN of a key with another account',
      arnOf(UNKNOWN, '444455556666'),
      {},
      'NotFoundException',
    ],
  ])('%s → %4$s', async (_, name, changes, exception) => {
    const { keys, make } = await openKeys();
    await nameKey(keys, 'alias/payroll', (await make()).id);
    const refused = keys.resolve(name, resolving('use', changes));
    await expect(refused).rejects.toMatchObject({ name: exception });
  });

  it("a key's id with the account of somebody else in its ARN → NotFoundException, as if it were not there", async () => {
    const { keys, make } = await openKeys();
    const { id } = await make();
    const refused = keys.resolve(arnOf(id, STRANGER.account), resolving());
    await expect(refused).rejects.toMatchObject({ name: 'NotFoundException' });
  });

  it('by a caller of another account → AccessDeniedException, or the key where that is allowed', async () => {
    const { keys, make } = await openKeys();
    const { id } = await make();
    const call = callOf('Encrypt', STRANGER);
    const used: UsedKey[] = [];
    const refused = keys.resolve(arnOf(id), { ...resolving(), call, used });
    await expect(refused).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining(STRANGER.principalArn) as string,
    });
    const how = { ...resolving(), call, acrossAccounts: true };
    expect((await keys.resolve(arnOf(id), how)).id).toBe(id);
    expect(used).toEqual([]);
  });

  it('a key in a state that the operation is not for → its exception, and still told for CloudTrail', async () => {
    const { keys, make } = await openKeys();
    const { id } = await make({ state: 'Disabled' });
    const how = resolving();
    await expect(keys.resolve(id, how)).rejects.toMatchObject({ name: 'DisabledException' });
    expect(how.used).toEqual([{ arn: arnOf(id) }]);
    expect((await keys.resolve(id, resolving('look'))).id).toBe(id);
  });
});

describe('the state of a key', () => {
  it.each([
    ['Enabled', 'Unavailable'],
    ['Disabled', 'Unavailable'],
    ['PendingDeletion', 'PendingDeletion'],
  ] as const)('external and %s, its key store disconnected → %s', async (state, seen) => {
    const { keys, make, connect } = await openKeys();
    const record = await make({ external: EXTERNAL, state });
    expect(keys.stateOf(record)).toBe(state);
    connect(false);
    expect(keys.stateOf(record)).toBe(seen);
    expect(keys.stateOf(await make({ state }))).toBe(state);
  });

  it('external, in a key store that is not there → Unavailable', async () => {
    const { keys, make } = await openKeys();
    const external = { ...EXTERNAL, customKeyStoreId: 'cks-0' };
    expect(keys.stateOf(await make({ external }))).toBe('Unavailable');
  });
});

describe('a key whose deletion is due', () => {
  it('a moment before → still there; then gone, with its aliases and grants, and nothing of others', async () => {
    const folder = temporaryFolder();
    const { keys, make, clock } = await openKeys(folder);
    const deletionAt = clock.now() + 7 * DAY_MS;
    const [doomed, other] = [await make({ state: 'PendingDeletion', deletionAt }), await make()];
    for (const { id } of [doomed, other]) {
      await nameKey(keys, `alias/${id}`, id);
      const grant = { keyId: id, token: id, account: ACCOUNT, createdAt: 0 };
      await keys.grants.put({ id: `grant-${id}`, ...grant, terms: { Operations: ['Encrypt'] } });
    }
    clock.nowMs = deletionAt - 1;
    expect(await keys.list(ACCOUNT)).toHaveLength(2);
    clock.nowMs = deletionAt;
    expect(await keys.find(doomed.id)).toBeUndefined();
    expect((await keys.list(ACCOUNT)).map(({ id }) => id)).toEqual([other.id]);
    const again = (await openKeys(folder)).keys;
    expect(again.aliases.all().map(({ targetKeyId }) => targetKeyId)).toEqual([other.id]);
    expect(again.grants.all().map(({ keyId }) => keyId)).toEqual([other.id]);
  });

  it('its external key → in use until then, and free afterwards', async () => {
    const { keys, make, clock } = await openKeys();
    const deletionAt = clock.now() + DAY_MS;
    await make({ external: EXTERNAL, state: 'PendingDeletion', deletionAt });
    expect(keys.xksKeyIds(KEY_STORE)).toEqual(['material']);
    expect(keys.xksKeyIds('cks-0')).toEqual([]);
    clock.nowMs = deletionAt;
    expect(keys.xksKeyIds(KEY_STORE)).toEqual([]);
  });
});

describe('a key that rotates by itself', () => {
  it('looked at twice at once when it is due → one further material, and the next is a period away', async () => {
    const { keys, make, clock } = await openKeys();
    const rotation = { periodDays: 90, nextAt: clock.now() + 90 * DAY_MS };
    const { id } = await make({ rotation });
    expect((await keys.find(id))?.materials).toHaveLength(1);
    clock.nowMs = rotation.nextAt;
    await Promise.all([keys.find(id), keys.find(id), keys.list(ACCOUNT)]);
    const rotated = await keys.find(id);
    expect(rotated?.materials.map((one) => one.rotation)).toEqual([undefined, 'AUTOMATIC']);
    expect(rotated?.rotation?.nextAt).toBe(rotation.nextAt + 90 * DAY_MS);
  });

  it.each(['Disabled', 'PendingDeletion'] as const)('%s → does not rotate', async (state) => {
    const { keys, make, clock } = await openKeys();
    const { id } = await make({ state, rotation: { periodDays: 90, nextAt: clock.now() } });
    expect((await keys.find(id))?.materials).toHaveLength(1);
  });
});

it('keys of two accounts → each account lists its own, by id', async () => {
  const { keys, make } = await openKeys();
  const mine = [await make(), await make(), await make()].map(({ id }) => id);
  const theirs = await make({ account: STRANGER.account });
  expect((await keys.list(ACCOUNT)).map(({ id }) => id)).toEqual(mine.sort());
  expect((await keys.list(STRANGER.account)).map(({ id }) => id)).toEqual([theirs.id]);
});
