import { describe, expect, it } from 'vitest';
import type { InForce } from '../../../src/admin/in-force.js';
import { createAdminOperations } from '../../../src/admin/operations/index.js';
import { AdministrationInMemory, inForce, stateInMemory } from '../../support/admin-fixture.js';

const own = '1'.repeat(32);
const lease = { version: '0.2.0', format: 1, applied: 12, endsInMs: 7_500 };
const request = { pathParameters: { externalKeyId: 'payroll' }, query: {} };

async function usersWith(
  leases: readonly { replica: string; name: string }[],
  told: readonly string[] = [],
) {
  const files = new AdministrationInMemory();
  await files.createKey('payroll', new Set(['ENCRYPT', 'DECRYPT']));
  const standing = {
    kind: 'in-step',
    applied: 12,
    ageMs: 40,
    leases: leases.map((each) => ({ ...lease, ...each })),
    problems: [],
    leftAside: [],
  } as const;
  const state = stateInMemory({ isShared: true, standing });
  const base = inForce(files);
  const reporting = { ...base.keyUse.reporting, othersSince: () => told };
  const served: InForce = { ...base, state, keyUse: { ...base.keyUse, reporting } };
  return createAdminOperations(() => served).showKeyUsers(request, 'ann');
}

describe('showKeyUsers', () => {
  it('other replicas → named as unread, this one is not', async () => {
    const leases = [
      { replica: own, name: 'xks-1' },
      { replica: 'a'.repeat(32), name: 'xks-2' },
    ];
    expect((await usersWith(leases)).unreadReplicas).toEqual(['xks-2']);
  });

  it("another replica with this one's name → named as unread as well", async () => {
    const leases = [
      { replica: own, name: 'xks' },
      { replica: 'a'.repeat(32), name: 'xks' },
    ];
    expect((await usersWith(leases)).unreadReplicas).toEqual(['xks']);
  });

  it('a replica that does not run any more → named as unread as well, each name once', async () => {
    const leases = [
      { replica: own, name: 'xks-1' },
      { replica: 'a'.repeat(32), name: 'xks-2' },
    ];
    const { unreadReplicas } = await usersWith(leases, ['xks-2', 'xks-3']);
    expect(unreadReplicas).toEqual(['xks-2', 'xks-3']);
  });

  it('no audit log → says so, and not that nothing was found', async () => {
    expect(await usersWith([])).toMatchObject({ auditLog: 'none', users: [] });
  });
});
