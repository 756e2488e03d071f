import { randomBytes, X509Certificate } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  readConfiguration,
  resolveConfiguration,
} from '../../../src/configuration/configuration-file.js';
import { configurationFile } from '../../../src/configuration/overrides.js';
import { prepareQuickstart, QuickstartError } from '../../../src/quickstart/quickstart.js';
import { NotPrivateError } from '../../../src/durable/private.js';
import { PolicyFileReader } from '../../../src/authorization/policy-files.js';
import { systemClock } from '../../../src/shared/clock.js';
import { giveAway } from '../../support/other-user.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const DAY_MS = 86_400_000;
const FILES = [
  'access-key-id',
  'ca.key',
  'ca.pem',
  'master.key',
  'secret-access-key',
  'server.key',
  'server.pem',
  'xks-proxy-configuration.json',
] as const;

let state = '';
beforeEach(() => {
  state = temporaryFolder();
});

function prepare(daysFromNow = 0): Promise<void> {
  const now = (): number => Date.now() + daysFromNow * DAY_MS;
  const value = {
    keyManagers: [{ directory: 'keys' }],
    keyStores: [{ pathPrefix: '/quickstart' }],
  };
  const source = { stateDirectory: state, value, file: '', quickstart: true, problems: [] };
  const policyFiles = new PolicyFileReader();
  const ports = { clock: { ...systemClock, now }, randomBytes };
  return prepareQuickstart({ ...source, locate: () => undefined, policyFiles }, ports);
}

const pathOf = (name: string): string => join(state, 'quickstart', name);
const contentsOf = (name: string): Promise<string> => readFile(pathOf(name), 'utf8');
const allContents = (): Promise<string[]> => Promise.all(FILES.map(contentsOf));

describe('the first start', () => {
  it('makes certificates, master key and credential, for their owner alone', async () => {
    await prepare();
    const names = await readdir(join(state, 'quickstart'));
    expect(names.filter((name) => name !== '.lock').sort()).toEqual(FILES);
    expect((await stat(join(state, 'quickstart'))).mode & 0o777).toBe(0o700);
    for (const name of FILES) expect((await stat(pathOf(name))).mode & 0o777).toBe(0o600);
  });

  it('makes a certificate for localhost and 127.0.0.1 that the authority vouches for', async () => {
    await prepare();
    const authority = new X509Certificate(await contentsOf('ca.pem'));
    const server = new X509Certificate(await contentsOf('server.pem'));
    expect(server.verify(authority.publicKey)).toBe(true);
    expect(server.checkHost('localhost')).toBe('localhost');
    expect(server.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect([authority.ca, server.ca]).toEqual([true, false]);
  });

  it('writes the file for the KMS console with the credential that the server reads', async () => {
    await prepare();
    expect(JSON.parse(await contentsOf('xks-proxy-configuration.json'))).toEqual({
      XksProxyUriPath: '/quickstart/kms/xks/v1',
      XksProxyAuthenticationCredential: {
        AccessKeyId: (await contentsOf('access-key-id')).trim(),
        RawSecretAccessKey: (await contentsOf('secret-access-key')).trim(),
      },
    });
  });
});

describe('a later start', () => {
  it('keeps everything', async () => {
    await prepare();
    const before = await allContents();
    await prepare(300);
    expect(await allContents()).toEqual(before);
  });

  it('replaces a certificate that is about to expire, and keeps its authority', async () => {
    await prepare();
    const [authority, server] = [await contentsOf('ca.pem'), await contentsOf('server.pem')];
    await prepare(380);
    expect(await contentsOf('ca.pem')).toBe(authority);
    expect(await contentsOf('server.pem')).not.toBe(server);
  });

  it('replaces a certificate that does not fit its key, as after a crash between the two', async () => {
    await prepare();
    const server = await contentsOf('server.pem');
    await writeFile(pathOf('server.key'), await contentsOf('ca.key'));
    await prepare();
    expect(await contentsOf('server.pem')).not.toBe(server);
  });

  it('refuses to make a master key where key documents exist', async () => {
    await prepare();
    await rm(pathOf('master.key'));
    await mkdir(join(state, 'keys'), { mode: 0o700 });
    await writeFile(join(state, 'keys', 'key-a.0123456789abcdef.json'), '{}');
    await expect(prepare()).rejects.toThrow(QuickstartError);
    await expect(contentsOf('master.key')).rejects.toThrow('ENOENT');
  });
});

describe('the private authority of the quickstart', () => {
  it.each([
    ['in the quickstart → no warning', true, 0],
    ['elsewhere → the warning that AWS KMS refuses it', false, 1],
  ])('%s', async (_, quickstart, count) => {
    const env = { HOLDFAST_STATE_DIR: state };
    const source = readConfiguration(configurationFile({}), env);
    await prepareQuickstart(source, { clock: systemClock, randomBytes });
    const { warnings } = resolveConfiguration({ ...source, quickstart }, env, systemClock);
    expect(warnings).toHaveLength(count);
  });
});

describe('what others may have had their hands on', () => {
  it.each([
    ['a folder that they can write to', () => chmod(join(state, 'quickstart'), 0o777)],
    ['a folder of theirs', () => giveAway(join(state, 'quickstart'))],
    ['a master key of theirs', () => giveAway(pathOf('master.key'))],
    ['a master key that they can write to', () => chmod(pathOf('master.key'), 0o666)],
    ['a link', () => symlink('/etc/hosts', pathOf('link'))],
  ])('%s → refused', async (_, change) => {
    await prepare();
    await change();
    await expect(prepare()).rejects.toThrow(NotPrivateError);
  });
});
