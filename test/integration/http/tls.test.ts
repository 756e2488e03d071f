import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect as connectPlain } from 'node:net';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  issueCertificate,
  makeCertificateAuthority,
  type CertificateAuthority,
} from '../../support/certificates.js';
import { ok, startListener, type TestListener } from '../../support/listener.js';
import { post, RawClient } from '../../support/raw-client.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const folder = temporaryFolder(afterAll);

async function certify(keyType: 'ec' | 'rsa'): Promise<CertificateAuthority> {
  const authority = await makeCertificateAuthority('Root', keyType);
  const leaf = await issueCertificate(authority, {
    commonName: 'localhost',
    dnsNames: ['localhost'],
  });
  writeFileSync(join(folder, `${keyType}.pem`), leaf.certificate + authority.certificate);
  writeFileSync(join(folder, `${keyType}.key`), leaf.privateKey);
  return authority;
}

function listen(keyType: 'ec' | 'rsa', tls: object = {}): Promise<TestListener> {
  return startListener({
    tls: {
      certificateChain: join(folder, `${keyType}.pem`),
      privateKey: join(folder, `${keyType}.key`),
      ...tls,
    },
  });
}

describe.each(['ec', 'rsa'] as const)('with an %s certificate, a handshake', (keyType) => {
  let ca: string;
  beforeAll(async () => {
    ca = (await certify(keyType)).certificate;
  });

  const own = keyType === 'ec' ? 'ECDSA' : 'RSA';

  it.each<[string, ConnectionOptions]>([
    ['TLS_AES_256_GCM_SHA384', { minVersion: 'TLSv1.3' }],
    ['TLS_CHACHA20_POLY1305_SHA256', { minVersion: 'TLSv1.3' }],
    [`ECDHE-${own}-AES256-GCM-SHA384`, { maxVersion: 'TLSv1.2' }],
  ])('that offers %s → that suite, and HTTP/1.1', async (ciphers, versions) => {
    const { port, calls } = await listen(keyType);
    const client = RawClient.tls(port, {
      ca,
      servername: 'localhost',
      ciphers,
      ALPNProtocols: ['h2', 'http/1.1'],
      ...versions,
    });
    await once(client.socket, 'secureConnect');
    expect(client.socket.getCipher().name).toBe(ciphers);
    expect(client.socket.alpnProtocol).toBe('http/1.1');
    client.send(post('/', '{}'));
    await vi.waitFor(() => {
      expect(client.received).toMatch(/^HTTP\/1.1 200/);
    });
    expect(calls).toHaveLength(1);
  });

  it.each<[string, ConnectionOptions]>([
    ['TLS 1.1', { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' }],
    ['TLS_AES_128_GCM_SHA256', { minVersion: 'TLSv1.3', ciphers: 'TLS_AES_128_GCM_SHA256' }],
    ['AES-128', { maxVersion: 'TLSv1.2', ciphers: `ECDHE-${own}-AES128-GCM-SHA256` }],
    ['CBC', { maxVersion: 'TLSv1.2', ciphers: `ECDHE-${own}-AES256-SHA384` }],
    [
      'ChaCha20 under TLS 1.2',
      { maxVersion: 'TLSv1.2', ciphers: `ECDHE-${own}-CHACHA20-POLY1305` },
    ],
    ['a key that is sent', { maxVersion: 'TLSv1.2', ciphers: 'AES256-GCM-SHA384' }],
    ['HTTP/2 alone', { ALPNProtocols: ['h2'] }],
  ])('that offers %s → refused', async (_what, options) => {
    const { port, calls } = await listen(keyType);
    const client = RawClient.tls(port, { ca, servername: 'localhost', ...options });
    client.send(post('/', '{}'));
    await client.closed;
    expect(client.error?.message).toContain('alert');
    expect(calls).toEqual([]);
  });
});

describe('a TLS listener', () => {
  let ca: string;
  beforeAll(async () => {
    ca = (await certify('ec')).certificate;
  });

  it('with more handshakes under way than may be at once → the oldest ends, and nobody who is through', async () => {
    const { port } = await listen('ec');
    const through = RawClient.tls(port, { ca, servername: 'localhost' });
    await once(through.socket, 'secureConnect');
    const begun: RawClient[] = [];
    for (let count = 0; count <= 128; count += 1) {
      const client = await RawClient.connect(port);
      // The first byte of a handshake, whose rest may come at any time.
      client.send(Buffer.of(0x16));
      begun.push(client);
    }
    const [oldest, ...others] = begun;
    await oldest?.closed;
    through.send(post('/', '{}'));
    await vi.waitFor(() => {
      expect(through.received).toMatch(/^HTTP\/1\.1 200/);
    });
    expect(others.filter(({ socket }) => socket.closed)).toEqual([]);
  });

  it('that turns a request away while answers wait for each other → its answer comes last', async () => {
    const load = { isTight: false, isOverfull: false, letIn: () => undefined, admits: () => false };
    const held: (() => void)[] = [];
    const { port } = await startListener({
      load,
      turnAway: () => 'counted',
      tls: { certificateChain: join(folder, 'ec.pem'), privateKey: join(folder, 'ec.key') },
      handle: async (call) => {
        const text = (await call.readBody(100)).toString();
        call.markAuthenticated();
        if (text === 'a' || text === 'b') await new Promise<void>((resolve) => held.push(resolve));
        return ok({ text });
      },
    });
    const client = RawClient.tls(port, { ca, servername: 'localhost' });
    client.send(post('/', 'first'));
    await vi.waitFor(() => {
      expect(client.received).toContain('"text":"first"');
    });
    for (const [index, text] of ['a', 'b'].entries()) {
      client.send(post('/', text));
      await vi.waitFor(() => {
        expect(held).toHaveLength(index + 1);
      });
    }
    await new Promise((resolve) => setImmediate(resolve));
    load.isTight = true;
    for (const answer of held) answer();
    client.send(post('/', 'c'));
    const answers = () => client.received.match(/(?<="text":")\w+|ThrottlingException/g);
    await vi.waitFor(() => {
      expect(answers()).toHaveLength(4);
    });
    expect(answers()?.slice(0, 3)).toEqual(['first', 'a', 'b']);
  });

  it('called in plain HTTP → closed without an answer', async () => {
    const { port, calls } = await listen('ec');
    const client = await RawClient.connect(port);
    client.send(post('/', '{}'));
    await client.closed;
    expect(client.received).not.toContain('HTTP');
    expect(calls).toEqual([]);
  });

  it('whose client sends rubbish inside → ValidationException, whole', async () => {
    const { port } = await listen('ec');
    const client = RawClient.tls(port, { ca, servername: 'localhost' });
    client.send(`POST / HTTP/1.1\r\nX: ${'x'.repeat(1_000_000)}\r\n\r\n`);
    await client.closed;
    expect(client.error).toBeUndefined();
    expect(client.received).toMatch(/^HTTP\/1.1 400 [^]*ValidationException/);
  });

  it('whose client resets in the middle → the next one is served', async () => {
    const { port } = await listen('ec');
    const rude = connectPlain(port, '127.0.0.1');
    await once(rude, 'connect');
    rude.resetAndDestroy();
    const client = RawClient.tls(port, { ca, servername: 'localhost' });
    client.send(post('/', '{}'));
    await vi.waitFor(() => {
      expect(client.received).toMatch(/^HTTP\/1.1 200/);
    });
  });

  it('with a certificate that KMS would refuse → starts, and knows when it expires', async () => {
    const { server } = await listen('ec', { publicNames: ['xks.example.com'] });
    expect(server.expiresAt).toBeGreaterThan(Date.now());
  });
});

describe('a stranger who sends a TLS record for each byte, all in one piece', () => {
  let ca: string;
  beforeAll(async () => {
    ca = (await certify('ec')).certificate;
  });

  /** @returns bytes that have come back for them, once the server has closed the connection */
  async function send(port: number, text: string): Promise<() => Promise<number>> {
    const raw = await RawClient.connect(port);
    let hold: (bytes: Buffer) => void = (bytes) => {
      raw.send(bytes);
    };
    const wire = new Duplex({
      read: () => undefined,
      write: (bytes: Buffer, _encoding, done) => {
        hold(bytes);
        done();
      },
    });
    raw.socket.on('data', (bytes: string) => wire.push(Buffer.from(bytes, 'latin1')));
    const client = connectTls({
      ...{ socket: wire, ca, servername: 'localhost' },
      // Later versions send tickets after the handshake.
      maxVersion: 'TLSv1.2',
    });
    await once(client, 'secureConnect');
    const records: Buffer[] = [];
    hold = (bytes) => records.push(bytes);
    for (const byte of text) await new Promise((resolve) => client.write(byte, resolve));
    const before = raw.received.length;
    raw.send(Buffer.concat(records));
    return async () => {
      await raw.closed;
      return raw.received.length - before;
    };
  }

  it('of 200 bytes → served', async () => {
    const { port, calls } = await listen('ec');
    await send(port, post('/', 'x'.repeat(100)));
    await vi.waitFor(() => {
      expect(calls).toHaveLength(1);
    });
  });

  it('of a thousand → its connection ends without an answer', async () => {
    const { port } = await startListener({
      limits: { unauthenticatedIdleMs: 60_000 },
      tls: {
        certificateChain: join(folder, 'ec.pem'),
        privateKey: join(folder, 'ec.key'),
      },
    });
    const answer = await send(port, `POST / HTTP/1.1\r\nX: ${'x'.repeat(1_000)}`);
    expect(await answer()).toBe(0);
  });
});
