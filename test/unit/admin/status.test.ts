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

function statusOf(overrides: Partial<InForce> = {}) {
  return createAdminOperations(() => ({ ...inForce(), ...overrides })).showStatus({});
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
      leases: [lease, { ...lease, replica: 'b'.repeat(32), name: 'xks-2', applied: 11 }],
      problems: [],
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
        expiring: () => ['a certificate of the listener xks expires in 3 days'],
      },
    });
    expect(waiting).toEqual([
      'the state store cannot be asked',
      'the node slot-1 of the key manager hsm is UNAVAILABLE: the token is gone',
      'records cannot be written to the audit log',
      'a certificate of the listener xks expires in 3 days',
    ]);
  });
});

describe('recoverState', () => {
  it('documents are brought back → their names, and no contents', async () => {
    const state = stateInMemory({
      recover: () => Promise.resolve([{ collection: 'sealed-keys', id: 'keys/payroll' }]),
    });
    const { recoverState } = createAdminOperations(() => ({ ...inForce(), state }));
    expect(await recoverState({})).toEqual({
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
    await expect(async () => recoverState({})).rejects.toMatchObject({
      name: 'AdminError',
      code: adminCode,
    });
  });
});
