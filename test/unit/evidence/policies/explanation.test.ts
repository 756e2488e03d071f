import { describe, expect, it } from 'vitest';
import { explainRecord, explainRequest } from '../../../../src/evidence/policies/explanation.js';
import { requestOf, ROLE } from '../../../support/policies.js';
import { DENIED, HASH, opened, recordOf } from './records.js';

const APP = `@id("app") permit(principal in Principal::"${ROLE}", action, resource);`;
const EVE = 'arn:aws:iam::111122223333:user/eve';

describe('the explanation of a record', () => {
  it('permitted → the policy with its text, and no contradiction', async () => {
    expect(explainRecord(recordOf(), await opened(APP))).toEqual({
      decision: 'allowed',
      because: 'Permitted by app, and no policy forbids it.',
      policies: [
        { id: 'app', effect: 'permit', file: '/etc/holdfast/store.cedar', line: 1, text: APP },
      ],
      unmet: [],
      policySet: HASH,
      isKept: true,
      contradiction: undefined,
    });
  });

  it('denied, and permit policies apply whose conditions are not met → names these alone, with their texts', async () => {
    const kept = await opened(
      `@id("app-prod") permit(principal in Principal::"${ROLE}", action, resource == Key::"payroll") when { resource.hasTag("env") };
       @id("app-vpc") permit(principal in Principal::"${ROLE}", action, resource) when { context has sourceVpc };
       @id("app-other") permit(principal in Principal::"${ROLE}", action, resource == Key::"other") when { context has sourceVpc };
       @id("decrypt") permit(principal, action == Action::"Decrypt", resource);
       @id("eve") permit(principal == Principal::"${EVE}", action, resource);
       @id("night") forbid(principal, action, resource) when { context.localHour > 24 };`,
    );
    const because =
      'No policy permits it, in the key store or among those of the key. These permit policies ' +
      'apply to the request, and their conditions are not met: app-prod, app-vpc.';
    const unmet = ['app-prod', 'app-vpc'].map((id) => expect.objectContaining({ id }) as unknown);
    const denied = recordOf({ authorization: DENIED, awsSourceVpc: undefined });
    const expected = { decision: 'denied', because, policies: [], unmet };
    expect(explainRecord(denied, kept)).toMatchObject(expected);
    expect(explainRequest(requestOf(), kept)).toMatchObject(expected);
  });

  it('the key store permits, and the policy of the key has a condition that is not met → names that one', async () => {
    const narrow =
      '@id("narrow") permit(principal, action, resource) when { context has sourceVpc };';
    const kept = await opened(APP, { payroll: narrow });
    expect(explainRequest(requestOf(), kept).unmet).toMatchObject([{ id: 'payroll/narrow' }]);
  });

  it('denied because no policy permits it → says that', async () => {
    const denied = recordOf({ awsPrincipalArn: EVE, authorization: DENIED });
    expect(explainRecord(denied, await opened(APP))).toMatchObject({
      decision: 'denied',
      because: 'No policy permits it, in the key store or among those of the key.',
      contradiction: undefined,
    });
  });

  it('the policies say otherwise when they are asked again → a contradiction', async () => {
    const { contradiction } = explainRecord(recordOf({ authorization: DENIED }), await opened(APP));
    expect(contradiction).toBe('asked again, the policies of that time say allowed');
  });

  it('the set is not kept → what the record has, and that it is not kept', () => {
    expect(explainRecord(recordOf(), undefined)).toMatchObject({
      decision: 'allowed',
      because: 'Permitted by app, and no policy forbids it.',
      policies: [],
      policySet: HASH,
      isKept: false,
    });
  });

  it.each([
    ['allowed', 'exposes', /No policy was asked: the key store had none/u],
    ['denied', 'exposes', /does not expose the key; no policy was asked/u],
    ['denied', 'block', /No policy was asked: the key is blocked/u],
  ] as const)('%s by %s → no policy decided', (decision, by, because) => {
    const record = recordOf({ authorization: { decision, by }, cause: 'the key is blocked' });
    const explanation = explainRecord(record, undefined);
    expect(explanation).toMatchObject({ decision, policies: [], policySet: undefined });
    expect(explanation.because).toMatch(because);
  });

  it('a request that ended before anything was decided → its cause', () => {
    const record = recordOf({ authorization: undefined, cause: 'quota of the key store' });
    expect(explainRecord(record, undefined).because).toBe(
      'The request did not get as far as a decision: quota of the key store.',
    );
  });

  it('break glass over policies that deny → says both, and is no contradiction', async () => {
    const record = recordOf({
      awsPrincipalArn: EVE,
      authorization: { ...DENIED, decision: 'allowed', by: 'break-glass' },
    });
    expect(explainRecord(record, await opened(APP))).toMatchObject({
      decision: 'allowed',
      because: expect.stringContaining('an administrator had overruled them') as string,
      contradiction: undefined,
    });
  });

  it('tags that the policies read → those of that time count, not those of today', async () => {
    const kept = await opened(
      '@id("prod") permit(principal, action, resource) when { resource.hasTag("env") && resource.getTag("env") == "prod" };',
    );
    const decided = { by: 'policy', policySet: HASH, policies: ['prod'], tags: { env: 'prod' } };
    const record = recordOf({ authorization: { decision: 'allowed', ...decided } });
    expect(explainRecord(record, kept)).toMatchObject({ contradiction: undefined });
  });

  it('the hour ended while it was worked on → no contradiction, whichever counted', async () => {
    const kept = await opened(
      '@id("app") permit(principal, action, resource) when { context.localHour < 13 };',
    );
    const time = '2026-11-27T12:00:00.010Z';
    const lasted = recordOf({ time, durationUs: 30_000 });
    expect(explainRecord(lasted, kept)).toMatchObject({ contradiction: undefined });
    const after = recordOf({ time, durationUs: 30_000, authorization: DENIED });
    expect(explainRecord(after, kept)).toMatchObject({ contradiction: undefined });
    const later = recordOf({ time, durationUs: 5_000 });
    expect(explainRecord(later, kept).contradiction).toContain('say denied');
  });

  it('a record that has a text in part alone → the decision as recorded, never a contradiction', async () => {
    const cut = recordOf({ awsPrincipalArn: `${EVE}...`, authorization: DENIED });
    expect(explainRecord(cut, await opened('permit(principal, action, resource);'))).toMatchObject({
      decision: 'denied',
      contradiction: undefined,
    });
  });
});

describe('the explanation of a request', () => {
  it('→ what the policies decide, and the text of those that did', async () => {
    const policies = await opened(
      `${APP}\n@id("no-hr") forbid(principal, action, resource == Key::"hr");`,
    );
    expect(explainRequest(requestOf({ externalKeyId: 'hr' }), policies)).toMatchObject({
      decision: 'denied',
      because: 'Forbidden by no-hr.',
      policies: [{ id: 'no-hr', effect: 'forbid', line: 2 }],
    });
  });

  it('a condition that errs → says which policy, and why', async () => {
    const policies = await opened(
      '@id("big") permit(principal, action, resource) when { context.localHour + 9223372036854775807 > 0 };',
    );
    expect(explainRequest(requestOf(), policies)).toMatchObject({
      decision: 'denied',
      because: expect.stringMatching(/^A policy could not be evaluated: big: /u) as string,
    });
  });
});
