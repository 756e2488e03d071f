import { describe, expect, it } from 'vitest';
import type { FleetMember } from '../../../src/xks/operation.js';
import { getHealthStatus } from '../../../src/xks/operations/get-health-status.js';

function listed(...statuses: FleetMember['healthStatus'][]): string[] {
  const members = statuses.map((healthStatus, index) => ({
    id: `node-${String(index)}`,
    model: 'Model 1',
    healthStatus,
  }));
  const requestMetadata = { kmsRequestId: 'id', kmsOperation: 'KmsHealthCheck' };
  const fleet = { proxyFleetSize: 1, proxyModel: 'proxy', keyManagerVendor: 'vendor', members };
  const answer = getHealthStatus.parse({ requestMetadata }).answer(fleet);
  const { ekmFleetDetails } = answer as { ekmFleetDetails: FleetMember[] };
  return ekmFleetDetails.map(({ id, healthStatus }) => `${id} ${healthStatus}`);
}

describe('the fleet in the answer of GetHealthStatus', () => {
  it('lists every node of a small one once', () => {
    expect(listed('ACTIVE', 'UNAVAILABLE', 'ACTIVE').sort()).toEqual([
      'node-0 ACTIVE',
      'node-1 UNAVAILABLE',
      'node-2 ACTIVE',
    ]);
  });

  it('lists ten of a large one, and every status that occurs in it', () => {
    const dead = Array.from({ length: 12 }, () => 'UNAVAILABLE' as const);
    const lines = listed(...dead, 'DEGRADED', 'ACTIVE');
    expect(lines).toHaveLength(10);
    expect(lines).toContain('node-12 DEGRADED');
    expect(lines).toContain('node-13 ACTIVE');
  });
});
