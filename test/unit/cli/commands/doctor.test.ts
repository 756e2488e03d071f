import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../../../src/cli/run.js';
import type { Finding } from '../../../../src/doctor/finding.js';
import { CapturedTerminal } from '../../../support/captured-terminal.js';
import { issueCertificate, makeCertificateAuthority } from '../../../support/certificates.js';
import {
  CORRECT,
  MODEL_CREDENTIAL,
  MODEL_HOST,
  MODEL_URI_PATH,
} from '../../../support/model-proxy/correct.js';
import { type ServedModel, serveModel } from '../../../support/model-proxy/serve-model.js';
import { temporaryFolder } from '../../../support/temporary-folder.js';

const folder = temporaryFolder(afterAll);
const credentialFile = join(folder, 'console.json');
const authorityFile = join(folder, 'ca.pem');
const url = `https://${MODEL_HOST}/model`;
let model: ServedModel;
let common: readonly string[];

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  const authority = await makeCertificateAuthority();
  const request = { commonName: MODEL_HOST, dnsNames: [MODEL_HOST] };
  const { certificate, privateKey } = await issueCertificate(authority, request);
  model = await serveModel(CORRECT, { cert: certificate, key: privateKey });
  writeFileSync(authorityFile, authority.certificate);
  writeConsoleFile(MODEL_CREDENTIAL.secretAccessKey);
  common = ['--ca', authorityFile, '--resolve', `${MODEL_HOST}=127.0.0.1:${model.port}`];
  return () => model.close();
});

function writeConsoleFile(secret: string, name = credentialFile): void {
  const credential = { AccessKeyId: MODEL_CREDENTIAL.accessKeyId, RawSecretAccessKey: secret };
  const content = {
    XksProxyUriPath: MODEL_URI_PATH,
    XksProxyAuthenticationCredential: credential,
  };
  writeFileSync(name, JSON.stringify(content));
}

async function doctor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const terminal = new CapturedTerminal(env);
  const code = await run(['doctor', ...args], terminal);
  const { stdout, stderr } = terminal;
  expect(`${stdout}${stderr}`).not.toContain(MODEL_CREDENTIAL.secretAccessKey);
  return { code, stdout, stderr };
}

const withFile = ['--credential', credentialFile, '--samples', '3'];

it('a correct proxy → exit code 0, a table without failures, and what was left out', async () => {
  const { code, stdout } = await doctor([url, ...common, ...withFile, '--key', 'Model-key']);
  expect(code).toBe(0);
  expect(stdout).not.toMatch(/FAILED|not known/);
  expect(stdout).toMatch(/Not looked at:\n(.*\n)*.*no --other-key is given/);
  expect(stdout).toMatch(/\n\d+ checks: \d+ ok, (\d+ warning, )?\d+ left out\n$/);
});

it('--json → the same for programs', async () => {
  const { code, stdout } = await doctor([url, ...common, ...withFile, '--json', '--read-only']);
  const report = JSON.parse(stdout) as { sound: boolean; findings: Finding[] };
  expect([code, report.sound]).toEqual([0, true]);
  expect(report.findings).toContainEqual(
    expect.objectContaining({ id: 'health.served', outcome: 'ok', level: 'MUST' }),
  );
  expect(report.findings).toContainEqual(
    expect.objectContaining({ id: 'encrypt.served', outcome: 'skipped' }),
  );
});

it('the URL without a path → the path of the file', async () => {
  const { code } = await doctor([`https://${MODEL_HOST}`, ...common, ...withFile]);
  expect(code).toBe(0);
});

it('a wrong secret in the environment → exit code 1, the error, its meaning and the advice', async () => {
  const { code, stdout } = await doctor([url, ...common], {
    XKS_PROXY_ACCESS_KEY_ID: MODEL_CREDENTIAL.accessKeyId,
    XKS_PROXY_SECRET_ACCESS_KEY: 'w'.repeat(43),
  });
  expect(code).toBe(1);
  expect(stdout).toMatch(/FAILED +MUST +health\.served .*AuthenticationFailedException/);
  expect(stdout).toMatch(/For KMS: .*\n +To do: /);
  expect(stdout).toMatch(/\n +\d+ +it needs health\.served\n/);
  expect(stdout).not.toContain('w'.repeat(43));
});

it('no --ca → exit code 1, and the chain is what failed', async () => {
  const [, , ...resolve] = common;
  const { code, stdout } = await doctor([url, ...resolve, ...withFile]);
  expect(code).toBe(1);
  expect(stdout.match(/FAILED .*/g)).toEqual([expect.stringContaining('certificate.trusted')]);
});

describe('a command line that cannot be used → exit code 2, and what is wrong', () => {
  it.each<[string, readonly string[], RegExp]>([
    ['no URL', [], /missing required argument 'url'/],
    ['no https', ['http://x.example.com'], /no URL of a proxy/],
    ['no credential', [url], /There is no credential/],
    ['no such file', [url, '--credential', '/nowhere.json'], /\/nowhere\.json/],
    ['a file of something else', [url, '--credential', authorityFile], /not the JSON file/],
    ['another host', [url, '--resolve', 'x=127.0.0.1:1', ...withFile], /--resolve is for x/],
    ['no certificate', [url, ...withFile, '--ca', credentialFile], /no certificate in PEM/],
    ['no number', [url, ...withFile, '--samples', 'few'], /whole number from 1 to/],
    ['no such option', [url, '--secret', 'x'], /unknown option/],
  ])('%s', async (_title, args, message) => {
    const { code, stdout, stderr } = await doctor(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
  });
});
