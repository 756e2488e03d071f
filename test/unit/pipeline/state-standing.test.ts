import { describe, expect, it, vi } from 'vitest';
import type { HealthStatus } from '../../../src/key-managers/backend.js';
import type { Standing } from '../../../src/state/state.js';
import { healthBody } from '../../support/xks-requests.js';
import { IN_STEP, SERVING, incoming, makePipeline, PREFIX } from './harness.js';

/** The status of a node in the answer to GetHealthStatus. */
async function toldStatus(standing: Partial<Standing>, status: HealthStatus): Promise<unknown> {
  const pipeline = makePipeline({
    state: {
      ...SERVING,
      isServing: standing.kind !== 'stale',
      standing: { ...IN_STEP, ...standing },
    },
  });
  const node = { name: 'n', location: 'l', vendor: 'V', model: 'M', status };
  vi.spyOn(pipeline.keyManager, 'health').mockResolvedValue([node]);
  const answer = await pipeline.handle(incoming(`${PREFIX}/health`, healthBody()).call);
  return JSON.parse(answer.body);
}

describe('GetHealthStatus and the state store', () => {
  const problems = ['the state store cannot be asked'];
  it.each<[string, Partial<Standing>, HealthStatus, HealthStatus]>([
    ['all is well', {}, 'ACTIVE', 'ACTIVE'],
    ['all is well, and the node is not', {}, 'DEGRADED', 'DEGRADED'],
    ['a problem', { problems }, 'ACTIVE', 'DEGRADED'],
    ['the store is away', { kind: 'alone', problems }, 'ACTIVE', 'DEGRADED'],
    ['a problem, and the node is down', { problems }, 'UNAVAILABLE', 'UNAVAILABLE'],
    ['too old a copy', { kind: 'stale', problems }, 'ACTIVE', 'UNAVAILABLE'],
    ['too old a copy, and the node not well', { kind: 'stale' }, 'DEGRADED', 'UNAVAILABLE'],
  ])('%s → %j, with a node %s: %s', async (_, standing, status, told) => {
    expect(await toldStatus(standing, status)).toMatchObject({
      ekmFleetDetails: [{ id: 'n', healthStatus: told }],
    });
  });
});
