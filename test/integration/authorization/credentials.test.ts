import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AdminClient } from '../../../src/cli/admin-client.js';
import type { ShownCredential } from '../../../src/admin/contract/credentials.js';
import { auditRecords } from '../../support/audit-records.js';
import { type HoldfastServer, startHoldfast } from '../../support/holdfast-server.js';
import { XksClient } from '../../support/xks-client.js';
import { type Credential, metadataBody } from '../../support/xks-requests.js';

const METADATA = 'keys/quickstart-key/metadata';

const stateDirectory = mkdtempSync(join(tmpdir(), 'holdfast-credentials-'));
let server: HoldfastServer;
let client: XksClient;
beforeAll(async () => {
  server = await startHoldfast({ stateDirectory });
  client = new XksClient(server);
});
afterAll(async () => {
  client.close();
  await server.stop();
  rmSync(stateDirectory, { recursive: true });
});

async function added(...more: readonly string[]): Promise<Credential> {
  const add = ['credentials', 'add', '--key-store', 'quickstart', '--json', ...more];
  return JSON.parse((await server.holdfast(...add)).stdout) as Credential;
}

async function listed(): Promise<readonly ShownCredential[]> {
  const { stdout } = await server.holdfast('credentials', 'list', '--json');
  return (JSON.parse(stdout) as { credentials: ShownCredential[] }).credentials;
}

async function statusWith(credential: Credential): Promise<number> {
  return (await client.call(METADATA, metadataBody(), { credential })).status;
}

/** The credential's requests, as the log of requests tells why they were refused. */
function refusalsOf({ accessKeyId }: Credential): readonly unknown[] {
  return server
    .log()
    .split('\n')
    .filter((line) => line.includes(accessKeyId) && line.includes('authenticationFailure'))
    .map((line) => (JSON.parse(line) as Record<string, unknown>)['authenticationFailure']);
}

it('added → signs at once, and after a restart; disabled, enabled, removed → at once', async () => {
  const credential = await added('--label', 'rotation of May');
  expect(await statusWith(credential)).toBe(200);
  await server.stop();
  server = await startHoldfast({ stateDirectory });
  client.close();
  client = new XksClient(server);
  expect(await statusWith(credential)).toBe(200);
  const { accessKeyId } = credential;
  for (const [args, status] of [
    [['disable', accessKeyId, '--force'], 401],
    [['enable', accessKeyId], 200],
    [['remove', accessKeyId, '--force'], 401],
  ] as const) {
    const { code, stdout, stderr } = await server.holdfast('credentials', ...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^In force on: \S+\.$/mu);
    expect(await statusWith(credential)).toBe(status);
  }
  await expect
    .poll(() => refusalsOf(credential))
    .toEqual(['credential-disabled', 'unknown-access-key-id']);
  expect((await listed()).map((each) => each.accessKeyId)).toEqual([server.credential.accessKeyId]);
});

it('too early, expired → refused as an unknown one is, and the record says which', async () => {
  const early = await added('--not-before', '2099-01-01');
  const soon = new Date(Date.now() + 1_000).toISOString();
  const expired = await new AdminClient(server.adminSocket).call('addCredential', {
    pathParameters: { keyStore: 'quickstart' },
    body: { notAfter: soon },
  });
  await expect.poll(() => Date.now()).toBeGreaterThan(Date.parse(soon));
  const nobody = { ...early, accessKeyId: 'Z'.repeat(24) };
  const answers = await Promise.all(
    [early, expired, nobody].map((credential) =>
      client.call(METADATA, metadataBody(), { credential }),
    ),
  );
  expect(new Set(answers.map(({ status, body }) => `${status} ${body}`)).size).toBe(1);
  await expect
    .poll(() => [...refusalsOf(early), ...refusalsOf(expired)])
    .toEqual(['credential-not-yet-valid', 'credential-expired']);
  for (const { accessKeyId } of [early, expired]) {
    expect(await server.holdfast('credentials', 'remove', accessKeyId)).toMatchObject({ code: 0 });
  }
});

it('used just now → removed and disabled with --force alone; the list says when it was used', async () => {
  const credential = await added();
  const { accessKeyId } = credential;
  await statusWith(credential);
  for (const act of ['remove', 'disable']) {
    const { code, stderr } = await server.holdfast('credentials', act, accessKeyId);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/was used at .*within the last 10 minutes.*--force/) as string,
    });
  }
  const used = (await listed()).find((each) => each.accessKeyId === accessKeyId);
  expect(Date.now() - Date.parse(used?.lastUsedAt ?? '')).toBeLessThan(120_000);
  expect((await server.holdfast('credentials', 'list')).stdout).toMatch(
    new RegExp(`quickstart +${accessKeyId} +- +run-time +valid`),
  );
  await server.holdfast('credentials', 'remove', accessKeyId, '--force');
});

it('one of the configuration → shown beside them, and not changed at run time', async () => {
  const { accessKeyId } = server.credential;
  expect(await listed()).toMatchObject([{ accessKeyId, source: 'configuration' }]);
  for (const act of ['disable', 'enable', 'remove']) {
    const { code, stderr } = await server.holdfast('credentials', act, accessKeyId);
    expect({ act, code }).toEqual({ act, code: 1 });
    expect(stderr).toContain('stands in the configuration');
  }
  expect(await statusWith(server.credential)).toBe(200);
});

it('export → the file for the KMS console; acts are recorded with the id, and the secret is nowhere', async () => {
  const { accessKeyId, secretAccessKey } = await added('--label', 'for the record');
  const { stdout } = await server.holdfast('credentials', 'export', accessKeyId);
  expect(JSON.parse(stdout)).toEqual({
    XksProxyUriPath: server.uriPath,
    XksProxyAuthenticationCredential: {
      AccessKeyId: accessKeyId,
      RawSecretAccessKey: secretAccessKey,
    },
  });
  const records = await auditRecords(join(stateDirectory, 'audit'));
  const acts = records.flatMap((record) =>
    record.type === 'administrative-act' && record.request['accessKeyId'] === accessKeyId
      ? [record]
      : [],
  );
  expect(acts.map(({ act }) => act)).toEqual(['addCredential', 'exportCredential']);
  expect(acts[0]).toMatchObject({
    request: { keyStore: 'quickstart', label: 'for the record', accessKeyId },
  });
  const log = server.log() + JSON.stringify(records);
  expect(log).not.toContain(secretAccessKey);
  expect(readFileSync(join(stateDirectory, 'holdfast.yaml'), 'utf8')).not.toContain(accessKeyId);
  await server.holdfast('credentials', 'remove', accessKeyId);
});

it('an unknown one, a label that is none, times in the wrong order → refused in words', async () => {
  const cases = [
    [['remove', 'Z'.repeat(24)], 'There is no credential'],
    [['remove', 'short'], '20 to 30 characters'],
    [['add', '--key-store', 'nowhere'], 'There is no key store "nowhere"'],
    [['add', '--key-store', 'quickstart', '--label', ''], 'label'],
    [
      [
        'add',
        '--key-store',
        'quickstart',
        '--not-before',
        '2027-01-02',
        '--not-after',
        '2027-01-01',
      ],
      '--not-after must be later than --not-before',
    ],
    [['add', '--key-store', 'quickstart', '--not-after', '2020-01-01'], 'would never be valid'],
  ] as const;
  for (const [args, text] of cases) {
    const { code, stderr, stdout } = await server.holdfast('credentials', ...args);
    expect({ args, stdout }).toEqual({ args, stdout: '' });
    expect(code).toBeGreaterThan(0);
    expect(stderr).toContain(text);
  }
  expect(await listed()).toHaveLength(1);
});
