import { randomUUID } from 'node:crypto';
import type { ConnectionOptions } from 'node:tls';
import { expect } from 'vitest';
import {
  type CertificateAuthority,
  type CertificateRequest,
  issueCertificate,
  type IssuedCertificate,
  makeCertificateAuthority,
  makeSelfSigned,
} from '../../support/certificates.js';
import { XksClient } from '../../support/xks-client.js';
import { healthBody } from '../../support/xks-requests.js';
import { expectSuccess, lineOf } from '../expectations.js';
import { CLIENT_NAME, type Requirement, type Section, type Served } from '../requirement.js';

const right: CertificateRequest = { commonName: CLIENT_NAME, clientAuth: true };
const DAY_MS = 86_400_000;

type Issue = (authority: CertificateAuthority) => Promise<IssuedCertificate | undefined>;

const accepted: readonly [string, Issue][] = [
  ['the allowed common name', (authority) => issueCertificate(authority, right)],
  [
    'the allowed name among its DNS names',
    (authority) =>
      issueCertificate(authority, { ...right, commonName: 'x', dnsNames: ['y', CLIENT_NAME] }),
  ],
];

const refused: readonly [string, Issue][] = [
  ['no certificate', () => Promise.resolve(undefined)],
  [
    'another name',
    (authority) => issueCertificate(authority, { ...right, commonName: `x.${CLIENT_NAME}` }),
  ],
  [
    'the name of another region',
    (authority) =>
      issueCertificate(authority, { ...right, commonName: CLIENT_NAME.replace('west', 'east') }),
  ],
  [
    'a wildcard for the name',
    (authority) => {
      const wildcard = '*.kms.eu-west-1.amazonaws.com';
      return issueCertificate(authority, { ...right, commonName: wildcard, dnsNames: [wildcard] });
    },
  ],
  ['itself for an authority', () => makeSelfSigned(right)],
  [
    'another authority of the same name',
    async (authority) =>
      issueCertificate(await makeCertificateAuthority('Clients', authority.keyType), right),
  ],
  [
    'a certificate that has expired',
    (authority) =>
      issueCertificate(authority, {
        ...right,
        notBefore: new Date(Date.now() - 2 * DAY_MS),
        notAfter: new Date(Date.now() - DAY_MS),
      }),
  ],
];

function clientWith({ server, mutualPort }: Served, issued: IssuedCertificate | undefined) {
  const identity = issued && { cert: issued.certificate, key: issued.privateKey };
  const tls: ConnectionOptions = { ...identity, rejectUnauthorized: false };
  return new XksClient({ ...server, port: mutualPort }, tls);
}

function healthBodyOf(kmsRequestId: string) {
  return { requestMetadata: { kmsRequestId, kmsOperation: 'KmsHealthCheck' } };
}

/** @see XKS Proxy API, section Authentication */
export const mutualTls: Section = {
  title: 'Authentication, client-side TLS',
  requirements: [
    ...accepted.map(
      ([title, issue]): Requirement => ({
        level: 'SHOULD',
        text: `a client is served whose certificate has ${title}, of the configured authority`,
        check: async (served) => {
          const client = clientWith(served, await issue(served.clientAuthority));
          expectSuccess(await client.call('health', healthBody()));
          client.close();
        },
      }),
    ),
    ...refused.map(
      ([title, issue]): Requirement => ({
        level: 'MUST',
        text: `a client that has ${title} is disconnected before HTTP, however well it signs`,
        check: async (served) => {
          const client = clientWith(served, await issue(served.clientAuthority));
          const [refusedId, servedId] = [randomUUID(), randomUUID()];
          const call = client.call('health', healthBodyOf(refusedId));
          await expect(call).rejects.toMatchObject({
            code: expect.stringMatching(/^(ECONNRESET|EPIPE|ERR_SSL_\w+)$/),
          });
          expectSuccess(await served.client.call('health', healthBodyOf(servedId)));
          // What came first is written first.
          await lineOf(served.server, servedId);
          expect(served.server.log()).not.toContain(refusedId);
          client.close();
        },
      }),
    ),
  ],
};
