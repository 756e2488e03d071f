import { expect } from 'vitest';
import { type CallOverrides, XksClient } from '../../support/xks-client.js';
import { healthBody, signedHeaders } from '../../support/xks-requests.js';
import { expectError, expectSuccess } from '../expectations.js';
import { OTHER_URI_PATH, type Requirement, type Section } from '../requirement.js';

const MINUTE_MS = 60_000;

/** Calls that are signed otherwise than they should be. */
const refusedSignings: readonly [string, () => CallOverrides][] = [
  ['more than 5 minutes ago', () => ({ at: Date.now() - 5 * MINUTE_MS - 2_000 })],
  ['more than 5 minutes ahead', () => ({ at: Date.now() + 5 * MINUTE_MS + 30_000 })],
  ['for another service', () => ({ service: 'kms' })],
  ['for another host', () => ({ headers: { Host: 'elsewhere.example.com' } })],
  ['for a region that cannot be one', () => ({ region: 'eu west 1' })],
];

const authorizations: readonly [string, (authorization: string) => string][] = [
  ['empty', () => ''],
  ['of another scheme', () => 'Bearer abc'],
  ['without a signature', (text) => text.replace(/, Signature=.*/, '')],
  ['with a short signature', (text) => text.slice(0, -1)],
  ['with a long signature', (text) => `${text}00`],
  ['with an empty signature', (text) => text.replace(/Signature=.*/, 'Signature=')],
  ['with a signature that is not hexadecimal', (text) => text.replace(/.$/, 'g')],
  ['that leaves the host unsigned', (text) => text.replace('host;', '')],
  ['that leaves the date unsigned', (text) => text.replace(';x-amz-date', '')],
  ['whose scope is another day', (text) => text.replace(/\/\d{8}\//, '/20200101/')],
];

/** @see XKS Proxy API, section Authentication; Appendix A */
export const authentication: Section = {
  title: 'Authentication, and Appendix A',
  requirements: [
    {
      level: 'MUST',
      text: 'without a signature nothing is answered but that it is missing',
      check: async ({ server }) => {
        for (const path of ['health', 'keys/quickstart-key/metadata', 'keys/nobody/metadata']) {
          const client = new XksClient(server);
          const headers = { 'content-type': 'application/json' };
          const body = Buffer.from(JSON.stringify(healthBody()));
          const reply = await client.send('POST', `${server.uriPath}/${path}`, headers, body);
          expectError(reply, 'AuthenticationFailedException');
          client.close();
        }
      },
    },
    ...refusedSignings.map(
      ([when, overrides]): Requirement => ({
        level: 'MUST',
        text: `a request signed ${when} fails`,
        check: async ({ client }) => {
          const reply = await client.call('health', healthBody(), overrides());
          expectError(reply, 'AuthenticationFailedException');
        },
      }),
    ),
    {
      level: 'SHOULD',
      text: 'a request signed almost 5 minutes ago, or ahead, is served',
      check: async ({ client }) => {
        for (const offsetMs of [-4.9 * MINUTE_MS, 4.9 * MINUTE_MS]) {
          const at = Date.now() + offsetMs;
          expectSuccess(await client.call('health', healthBody(), { at }));
        }
      },
    },
    ...authorizations.map(
      ([title, change]): Requirement => ({
        level: 'MUST',
        text: `an Authorization header ${title} fails`,
        check: async ({ client, server }) => {
          const path = `${server.uriPath}/health`;
          const body = Buffer.from(JSON.stringify(healthBody()));
          const { host, credential } = client;
          const headers = signedHeaders({ host, credential, path, body });
          const Authorization = change(headers['Authorization'] ?? '');
          const reply = await client.send('POST', path, { ...headers, Authorization }, body);
          expectError(reply, 'AuthenticationFailedException');
        },
      }),
    ),
    {
      level: 'MUST',
      text: 'the signature covers the body as received, whatever its hash is said to be',
      check: async ({ client, server }) => {
        const path = `${server.uriPath}/health`;
        const { host, credential } = client;
        const signed = signedHeaders({ host, credential, path, body: '{}' });
        const body = Buffer.from(JSON.stringify(healthBody()));
        const claimed = {
          'Content-Length': String(body.length),
          'X-Amz-Content-Sha256': 'UNSIGNED-PAYLOAD',
        };
        const reply = await client.send('POST', path, { ...signed, ...claimed }, body);
        expectError(reply, 'AuthenticationFailedException');
      },
    },
    {
      level: 'OWN',
      text: 'an unknown access key id and a wrong secret get the same answer',
      check: async ({ client }) => {
        const { accessKeyId, secretAccessKey } = client.credential;
        const replies = [];
        for (const credential of [
          { accessKeyId, secretAccessKey: 'x'.repeat(43) },
          { accessKeyId: 'NOBODYNOBODYNOBODYNO', secretAccessKey },
        ]) {
          replies.push(await client.call('health', healthBody(), { credential }));
        }
        const [wrongSecret, unknownId] = replies.map(({ status, body }) => ({ status, body }));
        expect(wrongSecret).toEqual(unknownId);
      },
    },
    {
      level: 'SHOULD',
      text: 'two credentials of one path prefix are valid at once, secrets of 43 to 64 characters',
      check: async ({ client, otherCredentials }) => {
        for (const credential of [...otherCredentials, ...otherCredentials]) {
          const uriPath = OTHER_URI_PATH;
          expectSuccess(await client.call('health', healthBody(), { uriPath, credential }));
        }
      },
    },
    {
      level: 'MUST',
      text: 'a secret is worth nothing under the other access key id',
      check: async ({ client, otherCredentials: [old, recent] }) => {
        const credential = { ...old, secretAccessKey: recent.secretAccessKey };
        const overrides = { uriPath: OTHER_URI_PATH, credential };
        const reply = await client.call('health', healthBody(), overrides);
        expectError(reply, 'AuthenticationFailedException');
      },
    },
  ],
};
