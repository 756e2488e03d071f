import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { stringify } from 'yaml';
import { quickstartConfiguration } from '../../support/holdfast-server.js';
import { XksClient } from '../../support/xks-client.js';
import type { Requirement, Section, Served } from '../requirement.js';

/** Runs `config check` on the quickstart's configuration with other fields in its key store. */
async function checkStore({ server }: Served, fields: object) {
  const configuration = quickstartConfiguration();
  const keyStores = configuration.keyStores.map((store) => ({ ...store, ...fields }));
  const file = join(server.stateDirectory, 'checked.yaml');
  await writeFile(file, stringify({ ...configuration, keyStores }));
  return server.holdfast('config', 'check', file);
}

const secretAccessKey = 's'.repeat(43);
const badStores: readonly [string, object][] = [
  [
    'a path prefix that makes the URI path 129 characters long',
    { pathPrefix: `/${'p'.repeat(117)}` },
  ],
  ['a path prefix of other characters', { pathPrefix: '/caf.e' }],
  [
    'an access key id of 19 characters',
    { credentials: [{ accessKeyId: 'A'.repeat(19), secretAccessKey }] },
  ],
  [
    'an access key id with a digit outside 2 to 7',
    { credentials: [{ accessKeyId: `${'A'.repeat(19)}8`, secretAccessKey }] },
  ],
  [
    'a secret access key of 42 characters',
    { credentials: [{ accessKeyId: 'A'.repeat(20), secretAccessKey: 's'.repeat(42) }] },
  ],
  [
    'one access key id for two secrets',
    {
      credentials: [
        { accessKeyId: 'A'.repeat(20), secretAccessKey },
        { accessKeyId: 'A'.repeat(20), secretAccessKey: 't'.repeat(43) },
      ],
    },
  ],
];

/** @see XKS Proxy API, sections Other considerations and API operations; Appendix A */
export const otherConsiderations: Section = {
  title: 'Other considerations, and what may be configured',
  requirements: [
    {
      level: 'MUST',
      text: 'a load balancer is answered with 200, on the same port and by plain HTTP',
      check: async ({ server }) => {
        const client = new XksClient(server);
        const reply = await client.send('GET', '/ping', {}, Buffer.of());
        expect(reply.status).toBe(200);
        const plain = await fetch(`http://127.0.0.1:${server.operationsPort}/ping`);
        expect(plain.status).toBe(200);
        client.close();
      },
    },
    {
      level: 'SHOULD',
      text: 'an administrator can have the JSON file that the KMS console takes',
      check: async ({ server }) => {
        const { code, stdout } = await server.holdfast('key-stores', 'export', 'quickstart');
        expect(code).toBe(0);
        const { accessKeyId, secretAccessKey } = server.credential;
        expect(JSON.parse(stdout)).toEqual({
          XksProxyUriPath: '/quickstart/kms/xks/v1',
          XksProxyAuthenticationCredential: {
            AccessKeyId: accessKeyId,
            RawSecretAccessKey: secretAccessKey,
          },
        });
      },
    },
    {
      level: 'MUST',
      text: 'a configuration within the limits is accepted',
      check: async (served) => {
        const { code } = await checkStore(served, { pathPrefix: `/${'p'.repeat(116)}` });
        expect(code).toBe(0);
      },
    },
    ...badStores.map(
      ([title, fields]): Requirement => ({
        level: 'MUST',
        text: `a configuration with ${title} is refused`,
        check: async (served) => {
          const { code, stderr } = await checkStore(served, fields);
          expect(code).not.toBe(0);
          expect(stderr).toContain('keyStores');
        },
      }),
    ),
  ],
};
