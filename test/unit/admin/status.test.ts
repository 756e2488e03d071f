import { describe, expect, it } from 'vitest';
import { createAdminOperations } from '../../../src/admin/operations/index.js';
import type { InForce } from '../../../src/admin/in-force.js';
import { StateError } from '../../../src/state/errors.js';
import { inForce, stateInMemory } from '../../support/admin-fixture.js';

const lease = {
  replica: 'a'.repeat(32),
  name: 'xks-1',
  version: '0.2.0',
  format: 1,
  applied: 12,
  endsInMs: 7_500,
};

const SIEM = { webhook: 'siem', queued: 0, stuckMs: 0, dropped: 0 };

function statusOf(overrides: Partial<InForce> = {}) {
  return createAdminOperations(() => ({ ...inForce(), ...overrides })).showStatus({}, 'ann');
}

describe('showStatus', () => {
  it('a replica that is well → what it is, and nothing that waits for a person', async () => {
    expect(await statusOf()).toMatchObject({
      version: '0.2.0',
      generation: { number: 1, file: '/etc/holdfast/holdfast.yaml' },
      state: { isShared: false, standing: 'in-step', applied: 7 },
      replicas: [],
      keyManagers: [{ name: 'files' }, { name: 'other' }],
      waiting: [],
    });
  });

  it('other replicas → each with its version, revision and lease', async () => {
    const standing = {
      kind: 'in-step',
      applied: 12,
      ageMs: 40,
      leases: [{ ...lease, replica: 'b'.repeat(32), name: 'xks-2', applied: 11 }, lease],
      problems: [],
      leftAside: [],
    } as const;
    expect(await statusOf({ state: stateInMemory({ isShared: true, standing }) })).toMatchObject({
      state: { isShared: true, ageMs: 40 },
      replicas: [
        { name: 'xks-1', applied: 12, leaseEndsInMs: 7_460 },
        { name: 'xks-2', applied: 11 },
      ],
    });
  });

  it('leases of which the store has not told for longer than they last → no time that is left', async () => {
    const standing = {
      kind: 'alone',
      applied: 12,
      ageMs: 520_000,
      leases: [lease],
      problems: [],
      leftAside: [],
    } as const;
    expect(await statusOf({ state: stateInMemory({ isShared: true, standing }) })).toMatchObject({
      replicas: [{ name: 'xks-1', leaseEndsInMs: 0 }],
    });
  });

  it('whatever is wrong → a sentence that waits for a person', async () => {
    const base = inForce();
    const standing = {
      kind: 'alone',
      applied: 12,
      ageMs: 9_000,
      leases: [],
      problems: ['the state store cannot be asked'],
      leftAside: [],
    } as const;
    const keyManagers = new Map([
      [
        'hsm',
        {
          name: 'hsm',
          administration: {},
          health: () =>
            Promise.resolve([
              {
                name: 'slot-1',
                location: 'here',
                vendor: 'Nobody',
                model: 'Token',
                status: 'UNAVAILABLE' as const,
                detail: 'the token is gone',
              },
            ]),
        },
      ],
    ]);
    const { waiting } = await statusOf({
      state: stateInMemory({ standing }),
      keyManagers,
      facts: {
        ...base.facts,
        audit: () => ({ records: 3, isInterrupted: true, sinks: [] }),
        waiting: () => ['a certificate of the listener xks expires in 3 days'],
        usersOf: () => Promise.resolve({ auditLog: 'none', problems: [], users: [] }),
      },
      notifications: {
        ...base.notifications,
        notifier: {
          webhooks: [
            { ...SIEM, queued: 7, stuckMs: 9_000, problem: 'the receiver answered 503' },
            { ...SIEM, webhook: 'chat', queued: 0 },
          ],
        },
      },
    });
    expect(waiting).toEqual([
      'the state store cannot be asked',
      'the node slot-1 of the key manager hsm is UNAVAILABLE: the token is gone',
      'records cannot be written to the audit log',
      'the webhook siem does not take events, 7 wait: the receiver answered 503',
      'a certificate of the listener xks expires in 3 days',
    ]);
  });
});

it('blocks of what the configuration has no more → told, since they block nothing', async () => {
  const { keyStores, blocks } = inForce();
  const [known] = keyStores.keyStores;
  const change = { reason: 'incident', by: 'ann', at: '2026-11-28T12:00:00.000Z' };
  const list = () => [
    { subject: { kind: 'key-store' as const, keyStore: 'gone' }, blocked: true, ...change },
    { subject: { kind: 'key-store' as const, keyStore: 'lifted' }, blocked: false, ...change },
    {
      subject: { kind: 'key' as const, keyManager: 'gone', externalKeyId: 'payroll' },
      blocked: true,
      ...change,
    },
    {
      subject: { kind: 'key-store' as const, keyStore: known?.name ?? '' },
      blocked: true,
      ...change,
    },
  ];
  const { waiting } = await statusOf({ blocks: { ...blocks, list } });
  expect(waiting).toEqual([
    'blocks in force: 3; see holdfast blocks list',
    'the block of the key store gone blocks nothing: the configuration has no key store gone',
    'the block of the key payroll blocks nothing: the configuration has no key manager gone',
  ]);
});

it('a credential of a key store that the configuration has no more → told, and not shown as valid', async () => {
  const { keyStores, credentials } = inForce();
  const [known] = keyStores.keyStores;
  const kept = (keyStore: string, accessKeyId: string) => ({
    ...{ keyStore, accessKeyId, disabled: false, sealed: '', masterKeyId: '' },
    ...{ createdAt: '2026-11-28T12:00:00.000Z', createdBy: 'ann' },
  });
  const ids = ['LEFT'.repeat(6), 'USED'.repeat(6)] as const;
  const list = () => [kept('gone', ids[0]), kept(known?.name ?? '', ids[1])];
  const runTime = { ...credentials.runTime, list, standingOf: () => 'valid' as const };
  const overrides = { credentials: { ...credentials, runTime } };
  const { waiting } = await statusOf(overrides);
  expect(waiting).toEqual([
    `the credential ${ids[0]} is for the key store gone, which the configuration has no more: ` +
      `holdfast credentials remove ${ids[0]}`,
  ]);
  const operations = createAdminOperations(() => ({ ...inForce(), ...overrides }));
  const shown = await operations.listCredentials({ query: {} }, 'ann');
  const standings = shown.credentials.map((each) => [each.accessKeyId, each.standing]);
  expect(Object.fromEntries(standings)).toMatchObject({
    [ids[0]]: 'no-key-store',
    [ids[1]]: 'valid',
  });
});

it('policies that are overruled → told, with the end and on whose word', async () => {
  const open = {
    keyStore: 'payroll',
    reason: 'incident 4711',
    by: 'ann',
    at: '2026-11-28T12:00:00.000Z',
    until: '2026-11-28T13:00:00.000Z',
  };
  const { waiting } = await statusOf({
    breakGlass: { ...inForce().breakGlass, list: () => [open] },
  });
  expect(waiting).toEqual([
    'the policies of the key store payroll are overruled until 2026-11-28T13:00:00.000Z, by ann: ' +
      'incident 4711',
  ]);
});

describe('recoverState', () => {
  it('documents are brought back → their names, and no contents', async () => {
    const state = stateInMemory({
      recover: () => Promise.resolve([{ collection: 'sealed-keys', id: 'keys/payroll' }]),
    });
    const { recoverState } = createAdminOperations(() => ({ ...inForce(), state }));
    expect(await recoverState({}, 'ann')).toEqual({
      broughtBack: [{ collection: 'sealed-keys', id: 'keys/payroll' }],
    });
  });

  it.each([
    ['conflict', 'conflict'],
    ['unavailable', 'unavailable'],
    ['damaged', 'corrupt'],
    ['newer-version', 'misconfigured'],
  ] as const)('%s of the store → %s', async (code, adminCode) => {
    const state = stateInMemory({ recover: () => Promise.reject(new StateError(code, 'why')) });
    const { recoverState } = createAdminOperations(() => ({ ...inForce(), state }));
    await expect(async () => recoverState({}, 'ann')).rejects.toMatchObject({
      name: 'AdminError',
      code: adminCode,
    });
  });
});

describe('testNotification', () => {
  const ask = (outcome: Awaited<ReturnType<InForce['notifications']['test']>>) => {
    const notifications = {
      notifier: { webhooks: [SIEM] },
      test: () => Promise.resolve(outcome),
    };
    const operations = createAdminOperations(() => ({ ...inForce(), notifications }));
    return async () => operations.testNotification({ pathParameters: { webhook: 'siem' } }, 'ops');
  };

  it.each([
    [{ kind: 'accepted', status: 204 } as const, { accepted: true, status: 204 }],
    [
      { kind: 'refused', status: 401, words: 'the receiver answered 401' } as const,
      { accepted: false, status: 401, failure: 'the receiver answered 401' },
    ],
    [
      { kind: 'failed', words: 'no connection' } as const,
      { accepted: false, status: undefined, failure: 'no connection' },
    ],
  ])('%j → %j', async (outcome, answer) => {
    expect(await ask(outcome)()).toEqual({ webhook: 'siem', ...answer });
  });

  it('a name that no webhook has → not-found, with those that there are', async () => {
    await expect(ask(undefined)).rejects.toMatchObject({
      code: 'not-found',
      message: 'There is no webhook "siem". There are: siem.',
    });
  });
});
