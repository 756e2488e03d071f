import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  issueCertificate,
  issueIntermediate,
  makeCertificateAuthority,
  makeSelfSigned,
  type CertificateAuthority,
  type CertificateRequest,
  type IssuedCertificate,
} from '../../support/certificates.js';
import { startListener, type TestListener } from '../../support/listener.js';
import { post, RawClient } from '../../support/raw-client.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const KMS = 'cks.kms.eu-west-1.amazonaws.com';
const DAY_MS = 86_400_000;

const folder = temporaryFolder(afterAll);
let clients: CertificateAuthority;
let servers: CertificateAuthority;

beforeAll(async () => {
  clients = await makeCertificateAuthority('Root of clients');
  servers = await makeCertificateAuthority('Root of servers');
  const server = await issueCertificate(servers, {
    commonName: 'localhost',
    dnsNames: ['localhost'],
  });
  write('chain.pem', server.certificate + servers.certificate);
  write('key.pem', server.privateKey);
  write('roots.pem', clients.certificate);
});

function write(name: string, text: string): void {
  writeFileSync(join(folder, name), text);
}

function listen(allowedNames: readonly string[] = [KMS]): Promise<TestListener> {
  return startListener({
    tls: {
      certificateChain: join(folder, 'chain.pem'),
      privateKey: join(folder, 'key.pem'),
      clientCertificates: { roots: [join(folder, 'roots.pem')], allowedNames },
    },
  });
}

type Version = 'TLSv1.2' | 'TLSv1.3';

function connect(port: number, version: Version, shown?: IssuedCertificate): RawClient<TLSSocket> {
  return RawClient.tls(port, {
    ca: servers.certificate,
    servername: 'localhost',
    minVersion: version,
    maxVersion: version,
    ...(shown && { cert: shown.certificate, key: shown.privateKey }),
  });
}

function issue(request: Partial<CertificateRequest> = {}): Promise<IssuedCertificate> {
  return issueCertificate(clients, { commonName: KMS, clientAuth: true, ...request });
}

describe.each<Version>(['TLSv1.2', 'TLSv1.3'])('a client, over %s', (version) => {
  it.each<[string, () => Promise<IssuedCertificate | undefined>]>([
    ['no certificate', () => Promise.resolve(undefined)],
    ['a self-signed certificate', () => makeSelfSigned({ commonName: KMS, clientAuth: true })],
    [
      'a certificate of another authority',
      async () =>
        issueCertificate(await makeCertificateAuthority(), {
          commonName: KMS,
          clientAuth: true,
        }),
    ],
    [
      'a certificate of an authority of the same name',
      async () =>
        issueCertificate(await makeCertificateAuthority('Root of clients'), {
          commonName: KMS,
          clientAuth: true,
        }),
    ],
    [
      "a certificate of the server's authority",
      () => issueCertificate(servers, { commonName: KMS, clientAuth: true }),
    ],
    ['a certificate for servers', () => issue({ clientAuth: false })],
    [
      'an expired certificate',
      () =>
        issue({
          notBefore: new Date(Date.now() - 2 * DAY_MS),
          notAfter: new Date(Date.now() - DAY_MS),
        }),
    ],
    [
      'a certificate that is not valid yet',
      () => issue({ notBefore: new Date(Date.now() + DAY_MS) }),
    ],
    ['another name', () => issue({ commonName: 'cks.kms.us-east-1.amazonaws.com' })],
    [
      'a wildcard for the name',
      () =>
        issue({
          commonName: '*.kms.eu-west-1.amazonaws.com',
          dnsNames: ['*.kms.eu-west-1.amazonaws.com'],
        }),
    ],
    ['the name with something before it', () => issue({ commonName: `x.${KMS}` })],
    ['the name with something behind it', () => issue({ commonName: `${KMS}.example.com` })],
    ['the name as a part of another', () => issue({ commonName: `x, DNS:${KMS}` })],
    ['an empty name', () => issue({ commonName: 'x', dnsNames: [] })],
  ])('with %s → disconnected, and no request reaches the pipeline', async (_what, make) => {
    const listener = await listen();
    const client = connect(listener.port, version, await make());
    client.send(post('/', '{}').repeat(3));
    await client.closed;
    expect(client.received).toBe('');
    expect(listener.calls).toEqual([]);
    await vi.waitFor(() => {
      expect(listener.log.lines()).toContainEqual(
        expect.objectContaining({
          msg: 'a client was disconnected because of its certificate',
          reason: expect.any(String),
        }),
      );
    });
  });

  it.each<[string, Partial<CertificateRequest>]>([
    ['common name', { commonName: KMS }],
    ['common name, in capitals', { commonName: KMS.toUpperCase() }],
    ['DNS name', { commonName: 'client', dnsNames: ['other.example.com', KMS] }],
    ['common name beside DNS names', { commonName: KMS, dnsNames: ['other.example.com'] }],
  ])('with an allowed %s → served, under that name', async (_what, request) => {
    const { port, calls } = await listen();
    const client = connect(port, version, await issue(request));
    client.send(post('/', '{}'));
    await vi.waitFor(() => {
      expect(client.received).toMatch(/^HTTP\/1.1 200/);
    });
    expect(calls).toMatchObject([{ clientCertificateName: KMS }]);
  });

  it('whose chain has an intermediate → served', async () => {
    const { port, calls } = await listen();
    const intermediate = await issueIntermediate(clients);
    const leaf = await issueCertificate(intermediate, { commonName: KMS, clientAuth: true });
    const certificate = leaf.certificate + intermediate.certificate;
    const client = connect(port, version, { ...leaf, certificate });
    client.send(post('/', '{}'));
    await vi.waitFor(() => {
      expect(calls).toHaveLength(1);
    });
  });

  it('that comes back with its session → shows its certificate again', async () => {
    const { port } = await listen();
    const certificate = await issue();
    const first = connect(port, version, certificate);
    const sessions: Buffer[] = [];
    first.socket.on('session', (session: Buffer) => sessions.push(session));
    first.send(post('/', '{}'));
    await vi.waitFor(() => {
      expect(first.received).toMatch(/^HTTP\/1.1 200/);
    });
    const session = sessions.at(-1) ?? first.socket.getSession();
    const second = RawClient.tls(port, {
      ca: servers.certificate,
      servername: 'localhost',
      maxVersion: version,
      cert: certificate.certificate,
      key: certificate.privateKey,
      ...(session && { session }),
    });
    await once(second.socket, 'secureConnect');
    expect(second.socket.isSessionReused()).toBe(false);
  });
});
