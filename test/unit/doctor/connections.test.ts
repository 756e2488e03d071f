import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttp, type RequestListener } from 'node:http';
import { createSecureServer } from 'node:http2';
import { createServer as createHttps, type ServerOptions } from 'node:https';
import { type AddressInfo, createServer as createTcp, type Server } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  authoritiesWith,
  commonNameOf,
  fingerprintOf,
} from '../../../src/doctor/authorities/authorities.js';
import { TRUSTED_AUTHORITIES } from '../../../src/doctor/authorities/trusted-by-kms.js';
import type { SubjectDescription } from '../../../src/doctor/subject.js';
import {
  type CertificateAuthority,
  type CertificateRequest,
  issueCertificate,
  issueIntermediate,
  makeCertificateAuthority,
  makeSelfSigned,
} from '../../support/certificates.js';
import { CORRECT, MODEL_HOST } from '../../support/model-proxy/correct.js';
import { serveModel } from '../../support/model-proxy/serve-model.js';
import { described, examineModel, findingsOf, foundIn, identityOf } from './examined.js';

const DAY_MS = 86_400_000;
let authority: CertificateAuthority;
let tls: ServerOptions;

beforeAll(async () => {
  authority = await makeCertificateAuthority();
  tls = await identityOf(authority);
});

type Endpoint = Partial<SubjectDescription['endpoint']>;

/** Changes where a run goes, and trusts the authority of the tests. */
const going =
  (endpoint: Endpoint = {}) =>
  (description: SubjectDescription): SubjectDescription => ({
    ...description,
    authorities: authoritiesWith(authority.certificate),
    endpoint: { ...description.endpoint, ...endpoint },
  });

async function foundWith(served: ServerOptions, change = going()): Promise<readonly string[]> {
  return foundIn((await examineModel({}, served, change)).findings);
}

/** Examines what listens on a port. */
async function foundAt(server: Server): Promise<readonly string[]> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return foundIn(await findingsOf(going()(described(port, ''))));
}

describe('a certificate that KMS would refuse → the requirement that it breaks', () => {
  it.each<[string, string, Partial<CertificateRequest>]>([
    ['for another name', 'certificate.name', { commonName: 'x', dnsNames: ['x.example.com'] }],
    [
      'that has expired',
      'certificate.valid-now',
      { notBefore: new Date(Date.now() - 9 * DAY_MS), notAfter: new Date(Date.now() - DAY_MS) },
    ],
    ['that begins tomorrow', 'certificate.valid-now', { notBefore: new Date(Date.now() + DAY_MS) }],
    ['with another common name', 'certificate.common-name', { commonName: 'x.example.com' }],
    ['of five days', 'certificate.days-left', { notAfter: new Date(Date.now() + 5 * DAY_MS) }],
  ])('%s → %s', async (_title, found, request) => {
    expect(await foundWith(await identityOf(authority, request))).toEqual([found]);
  });

  it('of an authority that nobody knows → certificate.trusted', async () => {
    const other = await makeCertificateAuthority('Nobody');
    expect(await foundWith(await identityOf(other))).toEqual(['certificate.trusted']);
  });

  it('that vouches for itself → certificate.trusted', async () => {
    const request = { commonName: MODEL_HOST, dnsNames: [MODEL_HOST] };
    const { certificate, privateKey } = await makeSelfSigned(request);
    const found = await foundWith({ cert: certificate, key: privateKey });
    expect(found).toEqual(['certificate.trusted']);
  });

  it('without the certificate between it and the root → certificate.trusted, with it nothing', async () => {
    const between = await issueIntermediate(authority);
    const request = { commonName: MODEL_HOST, dnsNames: [MODEL_HOST] };
    const { certificate, privateKey } = await issueCertificate(between, request);
    const alone = { cert: certificate, key: privateKey };
    expect(await foundWith(alone)).toEqual(['certificate.trusted']);
    const whole = { ...alone, cert: `${certificate}${between.certificate}` };
    expect(await foundWith(whole)).toEqual([]);
  });

  it('of an authority with a listed name whose certificate is not at hand → not known', async () => {
    const { ofKms } = authoritiesWith('');
    const held = ofKms.map((pem) => new X509Certificate(pem));
    const fingerprints = new Set(held.map(fingerprintOf));
    const names = TRUSTED_AUTHORITIES.filter(({ fingerprint }) => !fingerprints.has(fingerprint))
      .map(({ name }) => commonNameOf(name, ', ') ?? '')
      .filter((name) => name !== '' && held.every(({ subject }) => !subject.includes(name)));
    const [commonName = ''] = names;
    expect([commonName !== '', held.length > 50]).toEqual([true, true]);
    const other = await makeCertificateAuthority(commonName);
    const { findings } = await examineModel({}, await identityOf(other), going());
    const trusted = findings.find(({ id }) => id === 'certificate.trusted');
    expect([trusted?.outcome, foundIn(findings)]).toEqual(['unknown', []]);
  });
});

describe('TLS that KMS could not speak, or should not find → the requirement that it breaks', () => {
  it('TLS 1.1 beside 1.2 → tls.old-versions', async () => {
    const ciphers = 'DEFAULT:@SECLEVEL=0';
    const found = await foundWith({ ...tls, minVersion: 'TLSv1.1', ciphers });
    expect(found).toEqual(['tls.old-versions']);
  });

  it('other suites alone → tls.suites', async () => {
    const ciphers = 'TLS_AES_128_GCM_SHA256:ECDHE-ECDSA-AES128-GCM-SHA256';
    expect(await foundWith({ ...tls, ciphers })).toEqual(['tls.suites']);
  });

  it('HTTP/2 alone → tls.http-1.1', async () => {
    expect(await foundAt(createSecureServer({ ...tls, allowHTTP1: false }))).toEqual([
      'tls.http-1.1',
    ]);
  });

  it('HTTP/1.1 with those alone who ask for it by ALPN → tls.no-alpn', async () => {
    const model = await serveModel(CORRECT, { ...tls, ALPNProtocols: ['http/1.1'] });
    model.server.prependListener('secureConnection', (socket: TLSSocket) => {
      if (socket.alpnProtocol === false) socket.destroy();
    });
    onTestFinished(() => model.close());
    const found = foundIn(await findingsOf(going()(described(model.port, ''))));
    expect(found).toEqual(['tls.no-alpn']);
  });

  it('HTTP without TLS → tls.version', async () => {
    expect(await foundAt(createHttp())).toEqual(['tls.version']);
  });

  it('a connection that is closed at once → tls.version', async () => {
    const server = createTcp((socket) => {
      socket.destroy();
    });
    expect(await foundAt(server)).toEqual(['tls.version']);
  });
});

describe('HTTP that KMS would not wait for → health.served', () => {
  it.each<[string, RequestListener]>([
    ['no answer', () => undefined],
    [
      'a body without an end',
      (_request, response) => {
        const write = () => {
          while (!response.destroyed && response.write(Buffer.alloc(65_536, 0x20)));
        };
        response.on('drain', write);
        write();
      },
    ],
    [
      'a body a byte at a time',
      (_request, response) => {
        const drip = setInterval(() => response.write(' '), 100);
        response.on('close', () => {
          clearInterval(drip);
        });
      },
    ],
  ])('%s', async (_title, listener) => {
    expect(await foundAt(createHttps(tls, listener))).toEqual(['health.served']);
  });
});

describe('an endpoint that KMS could not call → the requirement that it breaks', () => {
  it('nothing listens → network.reachable, and all else is not known', async () => {
    const server = createTcp();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const findings = await findingsOf(going()(described(port, '')));
    expect(foundIn(findings)).toEqual(['network.reachable']);
    const outcomes = new Set(
      findings.filter(({ id }) => !/^(endpoint|credential|network)/.test(id)).map((f) => f.outcome),
    );
    expect([...outcomes]).toEqual(['unknown']);
  });

  it('a name of nobody → network.resolves', async () => {
    const endpoint = { host: 'doctor.invalid', address: undefined };
    expect(await foundWith(tls, going(endpoint))).toEqual(['network.resolves']);
  });

  it.each<[string, string, Endpoint]>([
    ['another port than 443', 'endpoint.port', { port: 8443 }],
    ['an address for a name', 'endpoint.host', { host: '127.0.0.1' }],
  ])('%s → %s', async (_title, found, endpoint) => {
    const served = await identityOf(authority, {
      dnsNames: [MODEL_HOST],
      ipAddresses: ['127.0.0.1'],
    });
    expect(await foundWith(served, going(endpoint))).toEqual([found]);
  });

  it.each<[string, string, Endpoint]>([
    ['a path with a dot', 'endpoint.path', { uriPath: '/a.b/kms/xks/v1' }],
    ['a path of 129 characters', 'endpoint.path', { uriPath: `/${'p'.repeat(117)}/kms/xks/v1` }],
    [
      'an access key id in small letters',
      'credential.access-key-id',
      { credential: { accessKeyId: 'a'.repeat(20), secretAccessKey: 's'.repeat(43) } },
    ],
    [
      'a secret of 42 characters',
      'credential.secret',
      { credential: { accessKeyId: 'A'.repeat(20), secretAccessKey: 's'.repeat(42) } },
    ],
    [
      'a secret with a hyphen',
      'credential.secret',
      { credential: { accessKeyId: 'A'.repeat(20), secretAccessKey: '-'.repeat(43) } },
    ],
  ])('%s → %s, beside what the proxy makes of it', async (_title, found, endpoint) => {
    expect(await foundWith(tls, going(endpoint))).toEqual([found, 'health.served']);
  });
});

describe('a connection refused beyond a few → load', () => {
  it('one connection at a time is served, sixteen are not', async () => {
    const model = await serveModel(CORRECT, tls);
    model.server.maxConnections = 4;
    onTestFinished(() => model.close());
    const found = foundIn(await findingsOf(going()(described(model.port, ''))));
    expect(found).toEqual(['load.concurrent-health', 'load.concurrent-decrypt']);
  });
});

it('--read-only → no request encrypts, and what needs it says that it was not looked at', async () => {
  const readOnly = (description: SubjectDescription) => ({
    ...going()(description),
    isReadOnly: true,
  });
  const { findings, requests } = await examineModel({}, tls, readOnly);
  expect(foundIn(findings)).toEqual([]);
  expect(requests.filter((request) => /^POST .*\/encrypt$/.test(request))).toEqual([]);
  const skipped = findings.filter(({ outcome }) => outcome === 'skipped');
  expect(skipped.length).toBeGreaterThan(50);
  for (const id of ['encrypt.served', 'encrypt.tag', 'decrypt.served', 'timing.encrypt']) {
    expect(findings.find((finding) => finding.id === id)?.outcome).toBe('skipped');
  }
});

it('no --key → nothing about keys is found, and all of it says that it was not looked at', async () => {
  const keyless = (description: SubjectDescription) => ({ ...going()(description), keys: {} });
  const { findings } = await examineModel({}, tls, keyless);
  expect(foundIn(findings)).toEqual([]);
  const ofKey = findings.filter(({ id }) => /^(encrypt|decrypt|sizes)\./.test(id));
  expect(new Set(ofKey.map(({ outcome }) => outcome))).toEqual(new Set(['skipped']));
});
