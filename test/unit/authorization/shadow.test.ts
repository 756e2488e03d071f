import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { newPolicyCounts } from '../../../src/authorization/policy-counts.js';
import { Shadow, type ShadowDifference } from '../../../src/authorization/shadow.js';
import { openAuthorizer, policySource, requestOf } from '../../support/policies.js';

const PERMIT = policySource('permit(principal, action, resource);');
const DECRYPT = policySource('permit(principal, action == Action::"Decrypt", resource);');

/** A candidate that permits to decrypt alone, beside policies that permit everything. */
async function shadowed({ costMs = 0, random = 0, samplePercent = 100 } = {}) {
  let now = 0;
  const inForce = (await openAuthorizer(PERMIT)).decide(requestOf());
  const counts = newPolicyCounts();
  const differences: ShadowDifference[] = [];
  const shadow = new Shadow({
    candidate: await openAuthorizer(DECRYPT),
    ...{ samplePercent, cpuPercent: 2, counts },
    clock: { monotonic: () => (now += costMs) },
    random: () => random,
    onDifference: (difference) => differences.push(difference),
  });
  return { shadow, inForce, counts, differences };
}

describe('a candidate in the shadow', () => {
  it('is asked afterwards, and counts and tells what it decides otherwise', async () => {
    const { shadow, inForce, counts, differences } = await shadowed();
    shadow.note({ request: requestOf(), inForce, kmsRequestId: 'e1' });
    shadow.note({ request: requestOf({ action: 'Decrypt' }), inForce, kmsRequestId: 'd1' });
    expect(counts.shadowCompared).toBe(0);
    await turn();
    await turn();
    await turn();
    expect(counts).toMatchObject({ shadowCompared: 2, shadowWouldDeny: 1, shadowWouldAllow: 0 });
    expect(differences).toMatchObject([{ request: { action: 'Encrypt' }, kmsRequestId: 'e1' }]);
  });

  it('takes more than its part of a processor → requests are left out', async () => {
    const { shadow, inForce, counts } = await shadowed({ costMs: 15 });
    for (let request = 0; request < 10; request += 1) {
      shadow.note({ request: requestOf(), inForce, kmsRequestId: 'e1' });
      await turn();
      await turn();
    }
    expect(counts.shadowCompared).toBeLessThan(4);
    expect(counts.shadowCompared + counts.shadowSkipped).toBe(10);
  });

  it('takes a sample → by chance', async () => {
    const taken = await shadowed({ samplePercent: 10, random: 0.05 });
    const left = await shadowed({ samplePercent: 10, random: 0.5 });
    for (const { shadow, inForce } of [taken, left])
      shadow.note({ request: requestOf(), inForce, kmsRequestId: 'e1' });
    await turn();
    await turn();
    expect([taken.counts.shadowCompared, left.counts.shadowCompared]).toEqual([1, 0]);
  });

  it('is closed → asks nothing that has been freed', async () => {
    const { shadow, inForce, counts } = await shadowed();
    shadow.note({ request: requestOf(), inForce, kmsRequestId: 'e1' });
    shadow.close();
    await turn();
    await turn();
    expect(counts.shadowCompared).toBe(0);
  });
});
