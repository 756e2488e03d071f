import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Finding } from '../../../src/doctor/finding.js';
import { issueCertificate, makeCertificateAuthority } from '../../support/certificates.js';
import {
  type HoldfastServer,
  quickstartConfiguration,
  startHoldfast,
} from '../../support/holdfast-server.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const HOST = 'xks.example.com';
const KEYS = [
  ['other', 'ENCRYPT,DECRYPT'],
  ['encrypt-only', 'ENCRYPT'],
  ['decrypt-only', 'DECRYPT'],
  ['damaged', 'ENCRYPT,DECRYPT'],
] as const;

const stateDirectory = temporaryFolder(afterAll);
let server: HoldfastServer;

async function start(): Promise<HoldfastServer> {
  const configuration = quickstartConfiguration();
  const [listener] = configuration.listeners;
  const tls = { certificateChain: 'xks.pem', privateKey: 'xks.key', publicNames: [HOST] };
  const listeners = [listener, { ...listener, name: 'named', tls }];
  return startHoldfast({ stateDirectory, configuration: { ...configuration, listeners } });
}

beforeAll(async () => {
  const authority = await makeCertificateAuthority();
  const request = { commonName: HOST, dnsNames: [HOST] };
  const { certificate, privateKey } = await issueCertificate(authority, request);
  await writeFile(join(stateDirectory, 'xks-ca.pem'), authority.certificate);
  await writeFile(join(stateDirectory, 'xks.pem'), certificate);
  await writeFile(join(stateDirectory, 'xks.key'), privateKey, { mode: 0o600 });
  server = await start();
  for (const [id, usage] of KEYS) {
    const made = await server.holdfast(
      ...['keys', 'create', id, '--key-store', 'quickstart', '--usage', usage],
    );
    expect(made.code).toBe(0);
  }
  return async () => {
    expect(await server.stop()).toBe(0);
  };
});

async function doctor(...options: readonly string[]) {
  const { code, stdout } = await server.holdfast(
    ...['doctor', `https://${HOST}/quickstart`, '--json'],
    ...['--resolve', `${HOST}=127.0.0.1:${String(server.ports.get('named'))}`],
    ...['--credential', join(stateDirectory, 'quickstart', 'xks-proxy-configuration.json')],
    ...['--ca', join(stateDirectory, 'xks-ca.pem')],
    ...['--key', 'quickstart-key', '--other-key', 'other'],
    ...['--encrypt-only-key', 'encrypt-only', '--decrypt-only-key', 'decrypt-only'],
    ...options,
  );
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  // How long an answer takes is the machine's matter.
  const remarkable = findings.filter(
    ({ id, outcome }) => outcome !== 'ok' && !(id.startsWith('timing.') && outcome === 'warning'),
  );
  return { code, found: remarkable.map(({ id, outcome }) => [id, outcome]) };
}

it('Holdfast passes whole', async () => {
  expect(await doctor()).toEqual({
    code: 0,
    found: [
      ['network.resolves', 'skipped'],
      ['errors.disabled.encrypt', 'skipped'],
      ['errors.disabled.decrypt', 'skipped'],
    ],
  });
});

it('Holdfast with a damaged key → the key is disabled, and health says so', async () => {
  await server.stop();
  const folder = join(stateDirectory, 'keys');
  const name = (await readdir(folder)).find((file) => file.includes('damaged')) ?? '';
  const text = await readFile(join(folder, name), 'utf8');
  const middle = Math.floor(text.length / 2);
  const changed = text[middle] === 'A' ? 'B' : 'A';
  await writeFile(join(folder, name), text.slice(0, middle) + changed + text.slice(middle + 1));
  server = await start();
  expect(await doctor('--disabled-key', 'damaged')).toEqual({
    code: 0,
    found: [
      ['network.resolves', 'skipped'],
      ['health.can-serve', 'warning'],
    ],
  });
});
