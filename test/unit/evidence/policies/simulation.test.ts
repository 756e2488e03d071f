import { describe, expect, it } from 'vitest';
import type { KeyOperationRecord } from '../../../../src/evidence/policies/recorded-request.js';
import { Simulation, type SimulationPorts } from '../../../../src/evidence/policies/simulation.js';
import { ROLE } from '../../../support/policies.js';
import { DENIED, opened, recordOf } from './records.js';

const EVE = 'arn:aws:iam::111122223333:user/eve';
const ALL = 'permit(principal, action, resource);';
const NOT_EVE = `@id("all") ${ALL}\n@id("not-eve") forbid(principal == Principal::"${EVE}", action, resource);`;
const BY_TAG = `@id("prod") permit(principal, action, resource)
  when { resource.hasTag("env") && resource.getTag("env") == "prod" };`;
/** The authorization of a request that no policy was asked about. */
const EXPOSED = { decision: 'allowed', by: 'exposes' } as const;

async function simulated(
  text: string,
  records: readonly KeyOperationRecord[],
  ports: Partial<SimulationPorts> = {},
) {
  const { authorizer: candidate } = await opened(text);
  const simulation = new Simulation({
    ...{ keyStore: 'store', candidate },
    ...{ keptSet: () => Promise.resolve(undefined), tagsOf: () => undefined, ...ports },
  });
  for (const record of records) await simulation.take(record);
  return simulation.result();
}

describe('a simulation', () => {
  it('lists what would change, alike requests as one, and counts what would not', async () => {
    const records = [
      recordOf({ sequence: 1 }),
      recordOf({ sequence: 2, awsPrincipalArn: EVE }),
      recordOf({ sequence: 3, awsPrincipalArn: EVE }),
      recordOf({ sequence: 4, awsPrincipalArn: EVE, operation: 'Decrypt' }),
      recordOf({ sequence: 5, authorization: DENIED, result: 'failure' }),
      recordOf({ sequence: 6, awsPrincipalArn: EVE, authorization: DENIED, result: 'failure' }),
    ];
    const eve = { externalKeyId: 'payroll', awsPrincipalArn: EVE, policies: ['not-eve'] };
    expect(await simulated(NOT_EVE, records)).toEqual({
      ...{ requests: 6, neverAsked: 0, unchanged: 2, wouldDeny: 3, wouldAllow: 1, undecided: {} },
      changed: [
        { ...eve, change: 'would-deny', operation: 'Encrypt', first: 2, count: 2 },
        { ...eve, change: 'would-deny', operation: 'Decrypt', first: 4, count: 1 },
        {
          ...{ change: 'would-allow', operation: 'Encrypt', externalKeyId: 'payroll' },
          ...{ awsPrincipalArn: ROLE, policies: ['all'], first: 5, count: 1 },
        },
      ],
    });
  });

  it('requests of other key stores → none of its business', async () => {
    const result = await simulated(ALL, [recordOf({ keyStore: 'another' })]);
    expect(result).toMatchObject({ requests: 0, neverAsked: 0 });
  });

  it.each([
    ['a block', { decision: 'denied', by: 'block' }],
    ['a key that is not exposed', { decision: 'denied', by: 'exposes' }],
    ['a quota', undefined],
  ] as const)('ended by %s before any policy is asked → counted by itself', async (_, by) => {
    const ended = recordOf({ authorization: by, result: 'failure' });
    expect(await simulated(ALL, [ended])).toMatchObject({ requests: 0, neverAsked: 1 });
  });

  it('a key store that had no policies → what succeeded is replayed', async () => {
    const records = [
      recordOf({ authorization: EXPOSED }),
      recordOf({ authorization: EXPOSED, awsPrincipalArn: EVE }),
    ];
    expect(await simulated(NOT_EVE, records)).toMatchObject({ unchanged: 1, wouldDeny: 1 });
  });

  it('a failure that no policy was asked about → not decided, with the error', async () => {
    const failed = recordOf({
      ...{ authorization: EXPOSED, result: 'failure', errorName: 'KeyNotFoundException' },
    });
    expect(await simulated(NOT_EVE, [failed])).toMatchObject({
      ...{ requests: 1, unchanged: 0, wouldDeny: 0 },
      undecided: {
        'KeyNotFoundException, and the record does not say if policies would have been asked': 1,
      },
    });
  });

  it('what break glass let through → counts as denied by the policies', async () => {
    const through = { ...DENIED, decision: 'allowed', by: 'break-glass' } as const;
    const records = [
      recordOf({ authorization: through }),
      recordOf({ authorization: through, awsPrincipalArn: EVE }),
    ];
    expect(await simulated(NOT_EVE, records)).toMatchObject({ unchanged: 1, wouldAllow: 1 });
  });

  it('a candidate reads a tag that nobody read then → not decided, unless the tags are given', async () => {
    const record = recordOf();
    expect(await simulated(BY_TAG, [record])).toMatchObject({
      undecided: { 'the record does not have the tag env': 1 },
    });
    const tagsOf = () => new Map([['env', 'prod']]);
    expect(await simulated(BY_TAG, [record], { tagsOf })).toMatchObject({ unchanged: 1 });
  });

  it('the policies of that time read the same tag → those of the record count', async () => {
    const { authorizer } = await opened(BY_TAG);
    const keptSet = () => Promise.resolve(authorizer);
    const { authorization } = recordOf();
    const tagged = recordOf({
      authorization: authorization && { ...authorization, tags: { env: 'prod' } },
    });
    const untagged = recordOf({ authorization: DENIED });
    expect(await simulated(BY_TAG, [tagged, untagged], { keptSet })).toMatchObject({
      ...{ unchanged: 2, undecided: {} },
    });
  });

  it.each([
    ['its beginning was cut', { awsPrincipalArn: `${ROLE}...` }, 'awsPrincipalArn'],
    ['its service was cut', { kmsViaService: 's3...' }, 'kmsViaService'],
    ['its decision was cut', { cut: ['authorization'] }, 'authorization'],
  ])('%s → not decided, and said which field', async (_, changes, field) => {
    expect(await simulated(ALL, [recordOf(changes)])).toMatchObject({
      undecided: { [`the record has ${field} in part alone`]: 1 },
    });
  });

  it('the hour ended meanwhile, and the candidate minds → not decided', async () => {
    const text = 'permit(principal, action, resource) when { context.localHour < 13 };';
    const lasted = recordOf({ time: '2026-11-27T12:00:00.010Z', durationUs: 30_000 });
    const { undecided } = await simulated(text, [lasted]);
    expect(Object.keys(undecided)).toEqual([
      'a minute ended meanwhile, and the candidate decides otherwise in the next',
    ]);
    expect(await simulated(ALL, [lasted])).toMatchObject({ unchanged: 1 });
  });
});
