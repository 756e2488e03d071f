import type { ConnectionOptions } from 'node:tls';
import { expect } from 'vitest';
import { openTls, XksClient } from '../../support/xks-client.js';
import { healthBody } from '../../support/xks-requests.js';
import { expectSuccess } from '../expectations.js';
import type { Requirement, Section, Served } from '../requirement.js';

const tls12 = (ciphers: string): ConnectionOptions => ({
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.2',
  ciphers,
});
const tls13 = (ciphers: string): ConnectionOptions => ({ minVersion: 'TLSv1.3', ciphers });

/** Suites of the specification, by their IANA names. */
const allowed: readonly [string, ConnectionOptions, 'rsa' | 'ecdsa'][] = [
  ['TLS_AES_256_GCM_SHA384', tls13('TLS_AES_256_GCM_SHA384'), 'ecdsa'],
  ['TLS_CHACHA20_POLY1305_SHA256', tls13('TLS_CHACHA20_POLY1305_SHA256'), 'ecdsa'],
  ['TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', tls12('ECDHE-RSA-AES256-GCM-SHA384'), 'rsa'],
  ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', tls12('ECDHE-ECDSA-AES256-GCM-SHA384'), 'ecdsa'],
];

const refused: readonly [string, ConnectionOptions, 'rsa' | 'ecdsa'][] = [
  ['TLS_AES_128_GCM_SHA256', tls13('TLS_AES_128_GCM_SHA256'), 'ecdsa'],
  ['ECDHE-ECDSA-AES128-GCM-SHA256', tls12('ECDHE-ECDSA-AES128-GCM-SHA256'), 'ecdsa'],
  ['ECDHE-RSA-AES128-GCM-SHA256', tls12('ECDHE-RSA-AES128-GCM-SHA256'), 'rsa'],
  ['ECDHE-ECDSA-AES256-SHA384 (CBC)', tls12('ECDHE-ECDSA-AES256-SHA384'), 'ecdsa'],
  ['ECDHE-RSA-AES256-SHA384 (CBC)', tls12('ECDHE-RSA-AES256-SHA384'), 'rsa'],
  ['AES256-GCM-SHA384 (no forward secrecy)', tls12('AES256-GCM-SHA384'), 'rsa'],
  ['ECDHE-ECDSA-CHACHA20-POLY1305', tls12('ECDHE-ECDSA-CHACHA20-POLY1305'), 'ecdsa'],
];

function portFor({ server, rsaPort }: Served, certificate: 'rsa' | 'ecdsa'): number {
  return certificate === 'rsa' ? rsaPort : server.port;
}

async function expectNoHandshake(port: number, options: ConnectionOptions): Promise<void> {
  const handshake = openTls({ port, ca: '' }, { ...options, rejectUnauthorized: false });
  await expect(handshake).rejects.toMatchObject({
    code: expect.stringMatching(/ALERT|ECONNRESET|EPROTO|NO_PROTOCOLS/),
  });
}

const suites: Requirement[] = [
  ...allowed.map(
    ([name, options, certificate]): Requirement => ({
      level: 'MUST',
      text: `suite ${name} can be used`,
      check: async (served) => {
        const { server } = served;
        const endpoint = { ...server, port: portFor(served, certificate) };
        // The RSA certificate is of no authority that the quickstart's clients know.
        const client = new XksClient(endpoint, { ...options, rejectUnauthorized: false });
        expectSuccess(await client.call('health', healthBody()));
        client.close();
      },
    }),
  ),
  ...refused.map(
    ([name, options, certificate]): Requirement => ({
      level: 'OWN',
      text: `suite ${name} is refused`,
      check: (served) => expectNoHandshake(portFor(served, certificate), options),
    }),
  ),
];

/** @see XKS Proxy API, section API content type */
export const apiContentType: Section = {
  title: 'API content type',
  requirements: [
    ...suites,
    {
      level: 'OWN',
      text: 'HTTP/1.1 is agreed on with a client that offers h2 before it',
      check: async ({ server }) => {
        const socket = await openTls(server, { ALPNProtocols: ['h2', 'http/1.1'] });
        expect(socket.alpnProtocol).toBe('http/1.1');
        socket.destroy();
      },
    },
  ],
};
