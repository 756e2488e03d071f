import { chmodSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findCredentials, findPlace } from '../../../src/aws/credentials/find.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const SILENT = { AWS_EC2_METADATA_DISABLED: 'true' };

/** A home folder with the two shared files. */
function homeWith(files: { readonly config?: string; readonly credentials?: string }) {
  const folder = temporaryFolder();
  const env: Record<string, string> = { ...SILENT, HOME: folder };
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    writeFileSync(path, text);
    env[name === 'config' ? 'AWS_CONFIG_FILE' : 'AWS_SHARED_CREDENTIALS_FILE'] = path;
  }
  return env;
}

async function found(env: Record<string, string>, profile?: string) {
  const { accessKeyId, secretAccessKey, sessionToken } = await findCredentials(env, { profile });
  return [accessKeyId, secretAccessKey.reveal(), sessionToken?.reveal()];
}

/** Answers paths with texts. @returns its URL */
async function serve(answers: Readonly<Record<string, string>>): Promise<string> {
  const server = createServer(({ url = '', headers }, response) => {
    const text = answers[url];
    const token = String(headers.authorization ?? headers['x-aws-ec2-metadata-token'] ?? '');
    response.writeHead(text === undefined ? 404 : 200).end(text?.replace('TOKEN', token));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

const OF_ROLE = '{"AccessKeyId":"ASIA1","SecretAccessKey":"role","Token":"TOKEN"}';

describe('credentials of AWS', () => {
  it('the environment, then a profile, then container, then instance', async () => {
    const files = {
      config:
        '[default]\nregion = eu-west-3\n[profile hsm]\naws_access_key_id=AKIA4\naws_secret_access_key=d\n',
      credentials: '# mine\n[default]\naws_access_key_id = AKIA2\naws_secret_access_key = b=c\n',
    };
    const home = homeWith(files);
    const own = { AWS_ACCESS_KEY_ID: 'AKIA1', AWS_SECRET_ACCESS_KEY: 'a', AWS_SESSION_TOKEN: 't' };
    expect(await found({ ...home, ...own })).toEqual(['AKIA1', 'a', 't']);
    expect(await found(home)).toEqual(['AKIA2', 'b=c', undefined]);
    expect(await found({ ...home, ...own }, 'hsm')).toEqual(['AKIA4', 'd', undefined]);
    const container = await serve({ '/creds': OF_ROLE });
    const env = {
      ...homeWith({}),
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${container}/creds`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: 'Bearer x',
    };
    expect(await found(env)).toEqual(['ASIA1', 'role', 'Bearer x']);
    const metadata = '/latest/meta-data/iam/security-credentials/';
    const instance = await serve({
      '/latest/api/token': 'session',
      [metadata]: 'my-role',
      [`${metadata}my-role`]: OF_ROLE,
    });
    const onInstance = {
      HOME: temporaryFolder(),
      AWS_EC2_METADATA_SERVICE_ENDPOINT: instance,
    };
    expect(await found(onInstance)).toEqual(['ASIA1', 'role', 'session']);
  });

  it.each([
    ['nothing anywhere', {}, {}, /no credentials of AWS/],
    ['an id without its secret', {}, { AWS_ACCESS_KEY_ID: 'A' }, /without the other/],
    ['a profile that is missing', {}, { profile: 'other' }, /profile other is neither/],
    ['a profile with a role', { config: '[default]\nrole_arn = x\n' }, {}, /export-credentials/],
    [
      'a container endpoint in the clear elsewhere',
      {},
      { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://evil.example.com/' },
      /may be https/,
    ],
  ])('%s → an error that says so', async (_, files, variables: Record<string, string>, text) => {
    const { profile, ...env } = variables;
    const all = { ...homeWith(files), ...env };
    await expect(findCredentials(all, { profile })).rejects.toThrow(text);
  });

  it('a file that cannot be read → an error, not other credentials', async () => {
    const env = homeWith({ credentials: '[default]\n' });
    const path = env['AWS_SHARED_CREDENTIALS_FILE'] ?? '';
    chmodSync(path, 0o000);
    // Root reads it all the same.
    const text = process.getuid?.() === 0 ? /no credentials/ : /cannot be read/;
    await expect(findCredentials(env, {})).rejects.toThrow(text);
  });
});

describe('the place of KMS', () => {
  it.each([
    [
      { AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'us-east-1' },
      {},
      'https://kms.eu-west-1.amazonaws.com',
    ],
    [{ AWS_REGION: 'cn-north-1' }, {}, 'https://kms.cn-north-1.amazonaws.com.cn'],
    [{ AWS_REGION: 'eusc-de-east-1' }, {}, 'https://kms.eusc-de-east-1.amazonaws.eu'],
    [
      { AWS_ENDPOINT_URL_KMS: 'http://127.0.0.1:8700' },
      { region: 'eu-west-1' },
      'http://127.0.0.1:8700',
    ],
    [
      { AWS_ENDPOINT_URL: 'https://x:1', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' },
      { region: 'eu-west-1' },
      'https://kms.eu-west-1.amazonaws.com',
    ],
  ])('%j and %j → %s', async (env, choices, endpoint) => {
    expect(await findPlace({ ...homeWith({}), ...env }, choices)).toMatchObject({ endpoint });
  });

  it.each([
    [{}, {}, /No Region/],
    [{ AWS_REGION: 'Mars' }, {}, /no name of a Region/],
    [{ AWS_REGION: 'eu-west-1' }, { endpointUrl: 'ftp://x' }, /endpoint URL/],
    [{ AWS_REGION: 'eu-west-1' }, { endpointUrl: 'https://x/path' }, /endpoint URL/],
    [{ AWS_REGION: 'eu-west-1' }, { endpointUrl: 'http://x:8700' }, /or http:\/\/ on this machine/],
  ])('%j and %j → refused', async (env, choices, text) => {
    await expect(findPlace({ ...homeWith({}), ...env }, choices)).rejects.toThrow(text);
  });
});
