import { createHash } from 'node:crypto';
import { healthBody, metadataBody } from '../client/bodies.js';
import type { CallOverrides } from '../client/proxy-client.js';
import { askHealth, pathOf, SERVED } from '../calls.js';
import { UNAUTHENTICATED } from '../explanations.js';
import { refusedAs, served } from '../judgement.js';
import type { Requirement, Section, Subject } from '../requirement.js';
import { demand } from '../verdict.js';
import { MINUTE_MS } from '../../shared/durations.js';

const REFUSED = 'AuthenticationFailedException';

interface RefusedSigning {
  readonly id: string;
  readonly text: string;
  readonly level?: Requirement['level'];
  readonly after?: string;
  readonly overrides: (subject: Subject) => CallOverrides;
}

const minutes = (count: number) => Date.now() + count * MINUTE_MS;

/** Calls that are signed otherwise than they should be. */
const refusedSignings: readonly RefusedSigning[] = [
  {
    id: 'wrong-secret',
    text: 'with another secret',
    overrides: ({ endpoint }) => ({
      credential: { ...endpoint.credential, secretAccessKey: 'x'.repeat(43) },
    }),
  },
  {
    id: 'unknown-access-key-id',
    text: 'by an unknown access key id',
    overrides: ({ endpoint }) => ({
      credential: { ...endpoint.credential, accessKeyId: 'NOBODYNOBODYNOBODYNO' },
    }),
  },
  { id: 'past', text: '20 minutes ago', overrides: () => ({ at: minutes(-20) }) },
  { id: 'future', text: '20 minutes ahead', overrides: () => ({ at: minutes(20) }) },
  {
    id: 'past-5-minutes',
    text: 'more than 5 minutes ago',
    level: 'SHOULD',
    after: 'authentication.past',
    overrides: () => ({ at: minutes(-6) }),
  },
  {
    id: 'future-5-minutes',
    text: 'more than 5 minutes ahead',
    level: 'SHOULD',
    after: 'authentication.future',
    overrides: () => ({ at: minutes(6) }),
  },
  {
    id: 'past-5-minutes-2-seconds',
    text: '5 minutes and 2 seconds ago',
    level: 'OWN',
    overrides: () => ({ at: Date.now() - 5 * MINUTE_MS - 2_000 }),
  },
  {
    id: 'future-5-minutes-30-seconds',
    text: '5 minutes and 30 seconds ahead',
    level: 'OWN',
    overrides: () => ({ at: Date.now() + 5 * MINUTE_MS + 30_000 }),
  },
  { id: 'service', text: 'for another service', overrides: () => ({ service: 'kms' }) },
  {
    id: 'region',
    text: 'for a region that cannot be one',
    level: 'OWN',
    overrides: () => ({ region: 'eu west 1' }),
  },
  {
    id: 'host',
    text: 'for another host',
    overrides: () => ({ headers: { Host: 'elsewhere.example.com' } }),
  },
  {
    id: 'host-unsigned',
    text: 'without its host',
    overrides: () => ({ unsigned: ['host'] }),
  },
  {
    id: 'date-unsigned',
    text: 'without its date',
    overrides: () => ({ unsigned: ['x-amz-date'] }),
  },
  {
    id: 'body',
    text: 'for another body',
    overrides: () => ({ sentBody: JSON.stringify(healthBody()) }),
  },
  {
    id: 'unsigned-payload',
    text: 'with UNSIGNED-PAYLOAD in place of the hash of the body',
    overrides: () => ({ claimedHash: 'UNSIGNED-PAYLOAD' }),
  },
  {
    id: 'claimed-hash',
    text: 'with a hash in x-amz-content-sha256 that is not that of the body',
    overrides: () => ({ claimedHash: createHash('sha256').update('{}').digest('hex') }),
  },
];

const signings = refusedSignings.map(
  ({ id, text, level = 'MUST', after = SERVED.health, overrides }): Requirement => ({
    id: `authentication.${id}`,
    level,
    text: `a request signed ${text} fails`,
    after,
    ...UNAUTHENTICATED,
    check: async (subject) => {
      refusedAs(await askHealth(subject, healthBody(), overrides(subject)), REFUSED);
      return undefined;
    },
  }),
);

const authorizations: readonly (readonly [string, string, (authorization: string) => string])[] = [
  ['empty', 'that is empty', () => ''],
  ['scheme', 'of another scheme', () => 'Bearer abc'],
  ['no-signature', 'without a signature', (text) => text.replace(/, Signature=.*/, '')],
  ['short-signature', 'with a short signature', (text) => text.slice(0, -1)],
  ['long-signature', 'with a long signature', (text) => `${text}00`],
  [
    'empty-signature',
    'with an empty signature',
    (text) => text.replace(/Signature=.*/, 'Signature='),
  ],
  [
    'not-hexadecimal',
    'with a signature that is not hexadecimal',
    (text) => text.replace(/.$/, 'g'),
  ],
  ['host-not-listed', 'that does not list the host', (text) => text.replace('host;', '')],
  ['date-not-listed', 'that does not list the date', (text) => text.replace(';x-amz-date', '')],
  ['other-day', 'whose scope is another day', (text) => text.replace(/\/\d{8}\//, '/20200101/')],
];

/** Calls GetHealthStatus with another Authorization header than the right one. */
function withAuthorization(
  subject: Subject,
  change: (authorization: string) => string | readonly string[],
) {
  return askHealth(subject, healthBody(), {
    headers: (signed) => ({ ...signed, Authorization: change(signed['Authorization'] ?? '') }),
  });
}

const headers = authorizations.map(
  ([id, title, change]): Requirement => ({
    id: `authentication.header-${id}`,
    level: 'MUST',
    text: `an Authorization header ${title} fails`,
    after: SERVED.health,
    ...UNAUTHENTICATED,
    check: async (subject) => {
      refusedAs(await withAuthorization(subject, change), REFUSED);
      return undefined;
    },
  }),
);

/** @see XKS Proxy API, section Authentication; Appendix A */
export const authentication: Section = {
  title: 'Authentication, and Appendix A',
  requirements: [
    {
      id: 'authentication.unsigned',
      level: 'MUST',
      text: 'without a signature nothing is answered but that it is missing',
      after: SERVED.health,
      ...UNAUTHENTICATED,
      check: async ({ client, endpoint, keys }) => {
        const body = Buffer.from(JSON.stringify(healthBody()));
        const sent = { 'Content-Type': 'application/json', 'Content-Length': `${body.length}` };
        const ids = [...(keys.key === undefined ? [] : [keys.key]), 'holdfast-doctor-nobody'];
        for (const path of ['health', ...ids.map((id) => `keys/${id}/metadata`)]) {
          refusedAs(await client.send('POST', `${endpoint.uriPath}/${path}`, sent, body), REFUSED);
        }
        return undefined;
      },
    },
    ...signings,
    {
      id: 'authentication.clock',
      level: 'SHOULD',
      text: 'a request signed 4 minutes ago, or ahead, is served',
      after: SERVED.health,
      meaning: 'Calls fail as soon as the clocks of KMS and the proxy differ a little.',
      advice: 'Take every date that is at most 5 minutes away, and keep the clock with NTP.',
      check: async (subject) => {
        for (const offset of [-4, 4]) {
          served(await askHealth(subject, healthBody(), { at: minutes(offset) }));
        }
        return undefined;
      },
    },
    {
      id: 'authentication.clock-exact',
      level: 'OWN',
      text: 'a request signed almost 5 minutes ago, or ahead, is served',
      after: SERVED.health,
      ...UNAUTHENTICATED,
      check: async (subject) => {
        for (const offset of [-4.9, 4.9]) {
          served(await askHealth(subject, healthBody(), { at: minutes(offset) }));
        }
        return undefined;
      },
    },
    ...headers,
    {
      id: 'authentication.header-twice',
      level: 'SHOULD',
      text: 'a request with two Authorization headers, of which the second is right, fails',
      after: SERVED.health,
      ...UNAUTHENTICATED,
      check: async (subject) => {
        const answer = await withAuthorization(subject, (right) => ['Bearer abc', right]);
        demand(answer.status !== 200, 'it is served');
        return undefined;
      },
    },
    {
      id: 'authentication.path',
      level: 'MUST',
      text: 'a request signed for another path fails',
      after: SERVED.metadata,
      ...UNAUTHENTICATED,
      check: async (subject) => {
        const sentPath = `${subject.endpoint.uriPath}/${pathOf(subject, 'metadata')}`;
        refusedAs(await askHealth(subject, metadataBody(), { sentPath }), REFUSED);
        return undefined;
      },
    },
    {
      id: 'authentication.regions',
      // A key store is of one region, and a proxy may know which.
      level: 'OWN',
      text: 'a request is served of whichever region it is signed for',
      after: SERVED.health,
      meaning: 'KMS of another region than the one that the proxy expects cannot use it.',
      advice: 'Take the region from the scope of the signature.',
      check: async (subject) => {
        for (const region of ['us-east-1', 'ap-southeast-2']) {
          served(await askHealth(subject, healthBody(), { region }));
        }
        return undefined;
      },
    },
    {
      id: 'authentication.same-answer',
      level: 'OWN',
      text: 'an unknown access key id and a wrong secret get the same answer',
      after: SERVED.health,
      ...UNAUTHENTICATED,
      check: async (subject) => {
        const { credential } = subject.endpoint;
        const [wrong, unknown] = [
          { ...credential, secretAccessKey: 'x'.repeat(43) },
          { ...credential, accessKeyId: 'NOBODYNOBODYNOBODYNO' },
        ];
        const first = await askHealth(subject, healthBody(), { credential: wrong });
        const second = await askHealth(subject, healthBody(), { credential: unknown });
        demand(first.status === second.status && first.body === second.body, 'they differ');
        return undefined;
      },
    },
  ],
};
