import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { formatPath } from '../../../src/configuration/reading/problem.js';
import { readListenerFiles } from '../../../src/configuration/listener-files.js';
import { type IssuedCertificate, makeSelfSigned } from '../../support/certificates.js';
import { refusal, withListener } from '../../support/configuration-fixture.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const NAME = 'xks.example.com';
const now = Date.now();
const FILES = { certificateChain: 'chain.pem', privateKey: 'key.pem' };
const ROOT_PATH = 'listeners[0].tls.clientCertificates.roots[0]';

let issued: IssuedCertificate;
let other: IssuedCertificate;

beforeAll(async () => {
  issued = await makeSelfSigned({ commonName: NAME, dnsNames: [NAME] });
  other = await makeSelfSigned({ commonName: 'other', dnsNames: ['other.example.com'] });
});

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
  }
  return folder;
}

function check(files: Readonly<Record<string, string>>, fields: object = {}) {
  const folder = folderWith(files);
  const value = { listeners: [{ tls: { ...FILES, ...fields } }] };
  const { problems, warnings } = readListenerFiles(value, { baseDirectory: folder, now });
  return {
    folder,
    problems: problems.map(({ path, found, allowed }) => [formatPath(path), found, allowed]),
    warnings: warnings.map(({ path, message }) => [formatPath(path), message]),
  };
}

function withPassphrase(type: 'pkcs1' | 'pkcs8'): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type, format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' });
  return pem.toString();
}

describe('the files of a listener', () => {
  it('missing → a problem for each, with its field and its path', () => {
    const { folder, problems } = check({});
    expect(problems.map(([path, found]) => [path, found])).toEqual([
      [
        'listeners[0].tls.certificateChain',
        `the file ${join(folder, 'chain.pem')}, which does not exist`,
      ],
      ['listeners[0].tls.privateKey', `the file ${join(folder, 'key.pem')}, which does not exist`],
    ]);
  });

  it('missing, in a configuration that is wrong elsewhere → both are told', () => {
    const tls = { plainHttp: undefined, tls: { ...FILES } };
    const { problems } = refusal({ ...withListener(tls), deadlineMs: 'soon' });
    expect(problems.map(({ path }) => formatPath(path)).sort()).toEqual([
      'deadlineMs',
      'listeners[0].tls.certificateChain',
      'listeners[0].tls.privateKey',
    ]);
  });

  it('in place → no problem, and what KMS would refuse is a warning', () => {
    const files = { 'chain.pem': issued.certificate, 'key.pem': issued.privateKey };
    const { problems, warnings } = check(files, { publicNames: ['other.example.com'] });
    expect(problems).toEqual([]);
    expect(warnings).toEqual([
      ['listeners[0].tls.certificateChain', expect.stringContaining('self-signed')],
      ['listeners[0].tls.certificateChain', expect.stringContaining('other.example.com')],
    ]);
  });

  it('a key that others can read → a warning with the command that changes it', () => {
    const folder = folderWith({ 'chain.pem': issued.certificate, 'key.pem': issued.privateKey });
    const key = join(folder, 'key.pem');
    chmodSync(key, 0o640);
    const value = { listeners: [{ tls: FILES }] };
    const { warnings } = readListenerFiles(value, { baseDirectory: folder, now });
    expect(warnings).toContainEqual({
      path: ['listeners', 0, 'tls', 'privateKey'],
      message: expect.stringContaining(`chmod 600 '${key}'`),
    });
  });

  it('a file of roots without a certificate → a problem that names the file', () => {
    const files = {
      'chain.pem': issued.certificate,
      'key.pem': issued.privateKey,
      'roots.pem': 'hello',
    };
    const clientCertificates = { roots: ['roots.pem'], allowedNames: [NAME] };
    const { folder, problems } = check(files, { clientCertificates });
    expect(problems).toEqual([
      [
        ROOT_PATH,
        `the file ${join(folder, 'roots.pem')}, in which there is no PEM certificate`,
        expect.any(String),
      ],
    ]);
  });

  it('the key of another certificate → a problem of the key', () => {
    const { problems } = check({ 'chain.pem': issued.certificate, 'key.pem': other.privateKey });
    expect(problems.map(([path]) => path)).toEqual(['listeners[0].tls.privateKey']);
  });

  it.each(['pkcs1', 'pkcs8'] as const)(
    'a key with a passphrase (%s) → a problem that says so, and how to remove it',
    (type) => {
      const { problems } = check({
        'chain.pem': issued.certificate,
        'key.pem': withPassphrase(type),
      });
      expect(problems).toEqual([
        [
          'listeners[0].tls.privateKey',
          expect.stringContaining('passphrase'),
          expect.stringContaining('openssl pkey'),
        ],
      ]);
    },
  );
});
