import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  type CertificateAuthority,
  issueCertificate,
  type IssuedCertificate,
  makeCertificateAuthority,
} from '../../support/certificates.js';
import { startListener, type TestListener } from '../../support/listener.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const folder = temporaryFolder(afterAll);
const file = (name: string) => join(folder, name);

let servers: CertificateAuthority;
let kms: IssuedCertificate;

beforeAll(async () => {
  servers = await makeCertificateAuthority('Root of servers');
  const clients = await makeCertificateAuthority('Root of clients');
  const others = await makeCertificateAuthority('Root of others');
  kms = await issueCertificate(clients, { commonName: 'kms.example', clientAuth: true });
  for (const commonName of ['first', 'second']) {
    const { certificate, privateKey } = await issueCertificate(servers, {
      commonName,
      dnsNames: ['localhost'],
    });
    writeFileSync(file(`${commonName}.pem`), certificate);
    writeFileSync(file(`${commonName}.key`), privateKey, { mode: 0o600 });
  }
  writeFileSync(file('clients.pem'), clients.certificate);
  writeFileSync(file('others.pem'), others.certificate);
});

function tlsOf(name: string, clientCertificates?: object): object {
  const files = { certificateChain: file(`${name}.pem`), privateKey: file(`${name}.key`) };
  return clientCertificates === undefined ? files : { ...files, clientCertificates };
}

/** A client that keeps its connection as long as it can. */
function clientOf({ port }: TestListener, shown?: IssuedCertificate) {
  const own = shown === undefined ? {} : { cert: shown.certificate, key: shown.privateKey };
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: servers.certificate, ...own });
  onTestFinished(() => {
    agent.destroy();
  });
  return async () => {
    const options = { host: '127.0.0.1', servername: 'localhost', port, agent };
    const sent = request({ ...options, method: 'POST', path: '/x' });
    sent.end('x');
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    response.resume();
    await once(response, 'end');
    return { reused: sent.reusedSocket, connection: response.headers.connection };
  };
}

async function handshake({ port }: TestListener, options: object = {}): Promise<TLSSocket> {
  const socket = connect({ port, servername: 'localhost', ca: servers.certificate, ...options });
  onTestFinished(() => {
    socket.destroy();
  });
  await once(socket, 'secureConnect');
  return socket;
}

describe('another certificate', () => {
  it('with a connection open → that goes on, and new handshakes get it', async () => {
    const listener = await startListener({ tls: tlsOf('first') });
    const send = clientOf(listener);
    await send();
    listener.renew(tlsOf('second'));
    expect(await send()).toEqual({ reused: true, connection: 'keep-alive' });
    expect(await send()).toEqual({ reused: true, connection: 'keep-alive' });
    expect((await handshake(listener)).getPeerCertificate().subject.CN).toBe('second');
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'with %s sessions of before → not resumed',
    async (version) => {
      const listener = await startListener({ tls: tlsOf('first') });
      const versions = { minVersion: version, maxVersion: version };
      const before = connect({
        port: listener.port,
        servername: 'localhost',
        ca: servers.certificate,
        ...versions,
      });
      onTestFinished(() => {
        before.destroy();
      });
      const [session] = (await once(before, 'session')) as [Buffer];
      expect((await handshake(listener, { ...versions, session })).isSessionReused()).toBe(true);
      listener.renew(tlsOf('second'));
      const after = await handshake(listener, { ...versions, session });
      expect(after.isSessionReused()).toBe(false);
      expect(after.getPeerCertificate().subject.CN).toBe('second');
    },
  );
});

describe('other clients that may connect', () => {
  const both = () => ({
    roots: [file('clients.pem'), file('others.pem')],
    allowedNames: ['kms.example', 'b'],
  });

  it.each<[string, () => object, string]>([
    ['fewer roots', () => ({ ...both(), roots: [file('clients.pem')] }), 'close'],
    ['fewer names', () => ({ ...both(), allowedNames: ['kms.example'] }), 'close'],
    ['more names', () => ({ ...both(), allowedNames: ['kms.example', 'b', 'c'] }), 'keep-alive'],
    ['the same', both, 'keep-alive'],
  ])('%s → older connections: %s', async (_, change, connection) => {
    const listener = await startListener({ tls: tlsOf('first', both()) });
    const send = clientOf(listener, kms);
    await send();
    listener.renew(tlsOf('first', change()));
    expect(await send()).toEqual({ reused: true, connection });
    expect(await send()).toEqual({ reused: connection === 'keep-alive', connection: 'keep-alive' });
  });

  it('without its root or its name → a newcomer is refused', async () => {
    const listener = await startListener({ tls: tlsOf('first', both()) });
    await clientOf(listener, kms)();
    listener.renew(tlsOf('first', { ...both(), roots: [file('others.pem')] }));
    await expect(clientOf(listener, kms)()).rejects.toThrow();
    listener.renew(tlsOf('first', { ...both(), allowedNames: ['b'] }));
    await expect(clientOf(listener, kms)()).rejects.toThrow();
    listener.renew(tlsOf('first', both()));
    expect(await clientOf(listener, kms)()).toMatchObject({ reused: false });
  });
});
