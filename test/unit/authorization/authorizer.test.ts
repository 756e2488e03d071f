import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cedarRequest, EVERYTHING } from '../../../src/authorization/cedar/cedar-request.js';
import {
  checkPolicies,
  type CheckedPolicies,
} from '../../../src/authorization/cedar/check-policies.js';
import type { Authorizer } from '../../../src/authorization/authorizer.js';
import { type AuthorizationRequest, NO_TAGS } from '../../../src/authorization/request.js';
import { cedar, openAuthorizer, policySource, requestOf, ROLE } from '../../support/policies.js';

const SESSION = 'arn:aws:sts::111122223333:assumed-role/app/i-0123';
const ARNS = [
  ROLE,
  SESSION,
  'arn:aws:iam::111122223333:role/team/app',
  'arn:aws:iam::444455556666:user/eve',
  'arn:aws:iam::444455556666:user/team/eve',
  'ec2.amazonaws.com',
  'AWS Internal',
];
const KEYS = ['payroll', 'hr'];

const SCOPES = {
  principal: [
    'principal',
    'principal is Principal',
    `principal == Principal::"${ROLE}"`,
    `principal in Principal::"${ROLE}"`,
    `principal == Principal::"${SESSION}"`,
    'principal in Account::"111122223333"',
    'principal is Principal in Account::"444455556666"',
  ],
  action: [
    'action',
    'action == Action::"Encrypt"',
    'action in [Action::"Encrypt", Action::"Decrypt"]',
    'action == Action::"GetKeyMetadata"',
  ],
  resource: [
    'resource',
    'resource == Key::"payroll"',
    'resource in KeyStore::"store"',
    'resource in Alias::"alias"',
  ],
};

const CONDITIONS = [
  'true',
  `principal.arn like "*user*"`,
  'principal.kind == "role"',
  'principal has account && principal.account == "111122223333"',
  'principal has roleName && principal.roleName == "app"',
  'principal has sessionName && principal.sessionName like "i-*"',
  'principal has service',
  `principal in [Account::"111122223333", Account::"444455556666"]`,
  `[Principal::"${ROLE}"].contains(principal)`,
  `principal == Principal::"${ROLE}"`,
  `principal in Principal::"${ROLE}"`,
  'principal in Principal::"arn:aws:iam::444455556666:user/eve"',
  'resource == Key::"hr"',
  `{ who: principal }.who.kind == "service"`,
  `{ Value: principal }.Value.kind == "service"`,
  'action == Action::"Encrypt"',
  '[Action::"Encrypt", Action::"GetKeyMetadata"].contains(action)',
  `Principal::"${ROLE}" has roleName`,
  `Principal::"${SESSION}" in Principal::"${ROLE}"`,
  'Key::"payroll" has alias',
  '(if context.weekday < 6 then Key::"payroll" else Key::"hr").hasTag("env")',
  'resource.externalKeyId == "hr"',
  'resource has alias && resource.alias == "alias"',
  'resource in Alias::"alias"',
  'resource.hasTag("env") && resource.getTag("env") == "prod"',
  'resource.hasTag(context.kmsOperation)',
  '(if context.localHour > 12 then resource else resource).hasTag("env")',
  'context has kmsKeyRegion && context.kmsKeyRegion == "eu-west-1"',
  'context has kmsViaService && context.kmsViaService like "s3.*"',
  'context has sourceVpce && context.sourceVpce == "vpce-1"',
  'context.clientAddress.isInRange(ip("10.0.0.0/8"))',
  'context.localHour >= 13 && context.weekday <= 5',
  'context.time < datetime("2026-11-27T12:01:00Z")',
  'context == context && context.localHour == 13',
  // Overflows, and so errs, at one o'clock in the afternoon alone.
  'context.localHour != 13 || context.localHour + 9223372036854775807 > 0',
];

const policy = fc
  .record({
    effect: fc.constantFrom('permit', 'permit', 'forbid'),
    principal: fc.constantFrom(...SCOPES.principal),
    action: fc.constantFrom(...SCOPES.action),
    resource: fc.constantFrom(...SCOPES.resource),
    condition: fc.constantFrom(...CONDITIONS),
    kind: fc.constantFrom('when', 'when', 'unless'),
  })
  .map(
    ({ effect, principal, action, resource, condition, kind }) =>
      `${effect}(${principal}, ${action}, ${resource}) ${kind} { ${condition} };`,
  );
const policies = fc.array(policy, { minLength: 1, maxLength: 3 }).map((each) => each.join('\n'));
const keyPolicies = policies.map((text) =>
  text.replaceAll(/resource in (KeyStore|Alias)::"\w+"/gu, 'resource'),
);

const VALUES = {
  action: ['Encrypt', 'Decrypt', 'GetKeyMetadata'],
  awsPrincipalArn: ARNS,
  externalKeyId: KEYS,
  askedId: [...KEYS, 'alias'],
  tags: [NO_TAGS, new Map([['env', 'prod']]), new Map([['Encrypt', 'x']])],
  kmsOperation: ['Encrypt', 'env'],
  kmsKeyArn: [requestOf().kmsKeyArn, 'arn:aws:kms:us-east-1:111122223333:key/1', 'none'],
  kmsViaService: [undefined, 's3.eu-west-1.amazonaws.com'],
  sourceVpce: [undefined, 'vpce-1'],
  clientAddress: ['10.0.0.1', '::ffff:10.0.0.1', '2001:db8::1'],
  now: ['12:00:10', '12:00:50', '12:01:10', '08:00:00'].map((time) =>
    Date.parse(`2026-11-27T${time}Z`),
  ),
} as const satisfies { [Field in keyof AuthorizationRequest]?: readonly unknown[] };

const base: fc.Arbitrary<AuthorizationRequest> = fc
  .record({
    action: fc.constantFrom(...VALUES.action),
    awsPrincipalArn: fc.constantFrom(...ARNS),
    externalKeyId: fc.constantFrom(...KEYS),
    isAliased: fc.boolean(),
    tags: fc.constantFrom(...VALUES.tags),
    now: fc.constantFrom(...VALUES.now),
  })
  .map(({ isAliased, ...fields }) =>
    requestOf({ ...fields, askedId: isAliased ? 'alias' : fields.externalKeyId }),
  );

/** A request, and all those that differ from it in one field alone. */
const requests = base.chain((first) =>
  fc.shuffledSubarray(
    [
      first,
      ...Object.entries(VALUES).flatMap(([field, values]) =>
        values.map((value) => ({ ...first, [field]: value })),
      ),
    ],
    { minLength: 20 },
  ),
);

describe('the decision of an authorizer', () => {
  it('is that of Cedar over all policies and all facts, whatever is remembered', async () => {
    const sources = fc.record({
      text: policies,
      ofKey: fc.option(keyPolicies),
      ofAlias: fc.option(keyPolicies),
    });
    const property = fc.asyncProperty(
      sources,
      requests,
      async ({ text, ofKey, ofAlias }, asked) => {
        const keys = {
          ...(ofKey !== null && { payroll: named(ofKey, 'payroll') }),
          ...(ofAlias !== null && { alias: named(ofAlias, 'alias') }),
        };
        const source = policySource(text, keys);
        const checked = checkPolicies(cedar, source);
        const authorizer = await openAuthorizer(source, checked);
        for (const each of asked) {
          const { decision, by, policies: deciding } = authorizer.decide(each);
          expect({ decision, by, deciding }, `${text}\n${JSON.stringify(each)}`).toEqual(
            oracle(authorizer, checked, each),
          );
        }
      },
    );
    await fc.assert(property, { numRuns: 30 });
  });
});

it('a condition that reads the action → what is remembered of one action is of that alone', async () => {
  const authorizer = await openAuthorizer(
    policySource('permit(principal, action, resource) when { action == Action::"Encrypt" };'),
  );
  const decisions = ['Encrypt', 'Decrypt', 'GetKeyMetadata', 'Encrypt'] as const;
  expect(decisions.map((action) => authorizer.decide(requestOf({ action })).decision)).toEqual([
    'allowed',
    'denied',
    'denied',
    'allowed',
  ]);
});

it('a record whose fields are called like operators → what they read is not left out', async () => {
  const authorizer = await openAuthorizer(
    policySource(
      'permit(principal, action, resource) when { { Value: principal.kind }.Value == "role" };',
    ),
  );
  const decisions = [ROLE, 'ec2.amazonaws.com'].map((awsPrincipalArn) =>
    authorizer.decide(requestOf({ awsPrincipalArn })),
  );
  expect(decisions.map(({ decision }) => decision)).toEqual(['allowed', 'denied']);
});

it('a user with a path → what is said of the user without it holds', async () => {
  const eve = 'principal in Principal::"arn:aws:iam::444455556666:user/eve"';
  const authorizer = await openAuthorizer(
    policySource(`permit(principal, action, resource);\nforbid(${eve}, action, resource);`),
  );
  const decisions = ['user/team/eve', 'user/team/adam', 'role/eve'].map((name) =>
    authorizer.decide(requestOf({ awsPrincipalArn: `arn:aws:iam::444455556666:${name}` })),
  );
  expect(decisions.map(({ decision }) => decision)).toEqual(['denied', 'allowed', 'allowed']);
});

it('an entity that is named → what is asked of it is known where it is that of the request', async () => {
  const forbid = 'forbid(principal, action, resource) when { Key::"payroll" has alias };';
  const authorizer = await openAuthorizer(
    policySource(`permit(principal, action, resource);\n${forbid}`),
  );
  const decisions = ['payroll', 'alias'].map((askedId) =>
    authorizer.decide(requestOf({ askedId })),
  );
  expect(decisions.map(({ decision }) => decision)).toEqual(['allowed', 'denied']);
});

function named(text: string, id: string): string {
  return text.replaceAll('Key::"payroll"', `Key::"${id}"`);
}

/** Cedar without an index, without a cache, and with everything that is known of the request. */
function oracle(authorizer: Authorizer, { layers }: CheckedPolicies, each: AuthorizationRequest) {
  const call = cedarRequest(authorizer.known(each), EVERYTHING);
  const answers = layers
    .filter(
      ({ externalKeyId: id }) =>
        id === undefined || [each.askedId, each.externalKeyId].includes(id),
    )
    .map(({ policies: ofLayer }) => {
      const staticPolicies = Object.fromEntries(ofLayer.map(({ id, text }) => [id, text]));
      const answer = cedar.isAuthorized({ ...call, policies: { staticPolicies } });
      if (answer.type === 'failure') throw new Error(JSON.stringify(answer.errors));
      return answer.response;
    });
  const erred = answers.some(({ diagnostics }) => diagnostics.errors.length > 0);
  const allowed = !erred && answers.every(({ decision }) => decision === 'allow');
  const deciding = answers
    .filter(({ decision }) => allowed || decision === 'deny')
    .flatMap(({ diagnostics }) => diagnostics.reason)
    .sort();
  return {
    decision: allowed ? 'allowed' : 'denied',
    by: erred ? 'policy-error' : 'policy',
    deciding,
  };
}

describe('the policies of a key', () => {
  it.each(['payroll', 'PayRoll'])(
    'count whatever the case of its id in the configuration: %s',
    async (id) => {
      const source = policySource('permit(principal, action, resource);', {
        [id]: 'forbid(principal, action, resource);\n',
      });
      const authorizer = await openAuthorizer(source);
      expect(authorizer.decide(requestOf())).toMatchObject({ decision: 'denied' });
      const other = requestOf({ externalKeyId: 'hr' });
      expect(authorizer.decide(other)).toMatchObject({ decision: 'allowed' });
    },
  );
});
