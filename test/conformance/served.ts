import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canaries } from '../support/canaries.js';
import { issueCertificate, makeCertificateAuthority } from '../support/certificates.js';
import {
  type HoldfastServer,
  quickstartConfiguration,
  startHoldfast,
} from '../support/holdfast-server.js';
import { XksClient } from '../support/xks-client.js';
import type { Credential } from '../support/xks-requests.js';
import { CLIENT_NAME, EXAMINED_HOST, LONGEST_KEY_ID, type Served } from './requirement.js';

const otherCredentials: readonly [Credential, Credential] = [
  { accessKeyId: 'OLDOLDOLDOLDOLDOLDOL', secretAccessKey: canaries.secretAccessKey },
  { accessKeyId: 'NEWNEWNEWNEWNEWNEWNEWNEWNEWNEW', secretAccessKey: 'n'.repeat(43) },
];

/**
 * Starts the quickstart with three more key stores on the same keys and two more listeners, and
 * makes the keys that the checks use.
 *
 * @returns what to check, and how to end it
 */
export async function serve(): Promise<Served & { readonly end: () => Promise<void> }> {
  const stateDirectory = await mkdtemp(join(tmpdir(), 'holdfast-conformance-'));
  await writeRsaCertificate(stateDirectory);
  const examinedCa = await writeExaminedCertificate(stateDirectory);
  const clientAuthority = await makeCertificateAuthority('Clients');
  await writeFile(join(stateDirectory, 'client-ca.pem'), clientAuthority.certificate);
  const server = await startHoldfast({ stateDirectory, configuration: configuration() });
  await createKeys(server);
  const client = new XksClient(server);
  return {
    server,
    client,
    otherCredentials,
    rsaPort: server.ports.get('rsa') ?? 0,
    mutualPort: server.ports.get('mutual') ?? 0,
    clientAuthority,
    examinedPort: server.ports.get('examined') ?? 0,
    examinedCa,
    end: async () => {
      client.close();
      await server.stop();
      await rm(stateDirectory, { recursive: true });
    },
  };
}

function configuration(): object {
  const quickstart = quickstartConfiguration();
  const [listener] = quickstart.listeners;
  const rsa = { certificateChain: 'rsa.pem', privateKey: 'rsa.key', publicNames: ['localhost'] };
  const clientCertificates = { roots: ['client-ca.pem'], allowedNames: [CLIENT_NAME] };
  const examined = {
    certificateChain: 'examined.pem',
    privateKey: 'examined.key',
    publicNames: [EXAMINED_HOST],
  };
  const stores = [
    { name: 'other', pathPrefix: '/other', exposes: ['other-*'] },
    { name: 'root', pathPrefix: '', exposes: ['quickstart-key'] },
    { name: 'longest', pathPrefix: `/${'Long-path_'.repeat(11)}123456`, exposes: [LONGEST_KEY_ID] },
  ];
  const common = { keyManager: 'files', shared: true };
  const others = stores.map((store, index) => ({
    ...store,
    ...common,
    // Access key ids are unique in a process, so that a credential has one place.
    credentials: otherCredentials.map(({ accessKeyId, secretAccessKey }) => ({
      accessKeyId: index === 0 ? accessKeyId : `${accessKeyId.slice(0, 19)}${String(index + 1)}`,
      secretAccessKey,
    })),
  }));
  return {
    ...quickstart,
    listeners: [
      listener,
      { ...listener, name: 'rsa', tls: rsa },
      { ...listener, name: 'examined', tls: examined },
      { ...listener, name: 'mutual', tls: { ...rsa, clientCertificates } },
    ],
    keyStores: [...quickstart.keyStores.map((store) => ({ ...store, shared: true })), ...others],
  };
}

async function writeRsaCertificate(folder: string): Promise<void> {
  const authority = await makeCertificateAuthority('Holdfast test root', 'rsa');
  const { certificate, privateKey } = await issueCertificate(authority, {
    commonName: 'localhost',
    dnsNames: ['localhost'],
  });
  await writeFile(join(folder, 'rsa.pem'), certificate);
  await writeFile(join(folder, 'rsa.key'), privateKey, { mode: 0o600 });
}

/** @returns the authority */
async function writeExaminedCertificate(folder: string): Promise<string> {
  const authority = await makeCertificateAuthority();
  const request = { commonName: EXAMINED_HOST, dnsNames: [EXAMINED_HOST] };
  const { certificate, privateKey } = await issueCertificate(authority, request);
  await writeFile(join(folder, 'examined.pem'), certificate);
  await writeFile(join(folder, 'examined.key'), privateKey, { mode: 0o600 });
  return authority.certificate;
}

async function createKeys(server: HoldfastServer): Promise<void> {
  const keys = [
    ['encrypt-only', 'ENCRYPT', 'quickstart'],
    ['decrypt-only', 'DECRYPT', 'quickstart'],
    ['good-for-nothing', 'NONE', 'quickstart'],
    [LONGEST_KEY_ID, 'ENCRYPT,DECRYPT', 'quickstart'],
    ['other-key', 'ENCRYPT,DECRYPT', 'other'],
  ] as const;
  for (const [id, usage, keyStore] of keys) {
    const { code, stderr } = await server.holdfast(
      ...['keys', 'create', id, '--key-store', keyStore, '--usage', usage],
    );
    if (code !== 0) throw new Error(`key ${id} could not be made:\n${stderr}`);
  }
}
