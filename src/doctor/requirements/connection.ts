import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { codeOf, reach, shakeHands } from '../client/tls-connection.js';
import type { Requirement, Section, Subject } from '../requirement.js';
import { demand, Deviation, NotLookedAt } from '../verdict.js';

/** Of a proxy that KMS does not come through to. */
const UNREACHABLE =
  'XksProxyUriUnreachableException while a key store is created or updated, ' +
  'KMSInvalidStateException for callers.';

const tls12 = (ciphers: string): ConnectionOptions => ({
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.2',
  ciphers,
});
const tls13 = (ciphers: string): ConnectionOptions => ({ minVersion: 'TLSv1.3', ciphers });

/** Suites of the specification, by their IANA names. */
const SUITES: readonly (readonly [name: string, offer: ConnectionOptions])[] = [
  ['TLS_AES_256_GCM_SHA384', tls13('TLS_AES_256_GCM_SHA384')],
  ['TLS_CHACHA20_POLY1305_SHA256', tls13('TLS_CHACHA20_POLY1305_SHA256')],
  ['TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', tls12('ECDHE-RSA-AES256-GCM-SHA384')],
  ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', tls12('ECDHE-ECDSA-AES256-GCM-SHA384')],
];

/** Level 0 lets the client offer what OpenSSL would keep it from offering by default. */
const OLD_TLS: ConnectionOptions = {
  minVersion: 'TLSv1',
  maxVersion: 'TLSv1.1',
  ciphers: 'DEFAULT:@SECLEVEL=0',
};

const network: readonly Requirement[] = [
  {
    id: 'network.resolves',
    level: 'MUST',
    text: 'the name resolves to an IPv4 address',
    meaning: UNREACHABLE,
    advice: 'Add an A record for the name, and look whether it is the name that was meant.',
    check: async ({ endpoint: { host, address } }) => {
      if (address !== undefined) throw NotLookedAt.byChoice('--resolve stands in for DNS');
      if (isIP(host) !== 0) throw NotLookedAt.byChoice('an address has nothing to resolve');
      const found = await lookup(host, { all: true, family: 4 }).catch((error: unknown) => {
        throw new Deviation(`${host}: ${codeOf(error)}`);
      });
      return found.map((entry) => entry.address).join(', ');
    },
  },
  {
    id: 'network.reachable',
    level: 'MUST',
    text: 'a TCP connection can be made',
    after: 'network.resolves',
    meaning: UNREACHABLE,
    advice:
      'See that the proxy runs and listens on all addresses, and that firewall, security group ' +
      'and load balancer let 443 through.',
    check: async ({ endpoint }) => {
      const tookMs = await reach(endpoint);
      return `within ${tookMs.toFixed(1)} ms`;
    },
  },
];

/** Tells whether a handshake with this offer comes about, whatever it fails by. */
async function agrees(subject: Subject, offer: ConnectionOptions): Promise<boolean> {
  try {
    (await shakeHands(subject.endpoint, offer)).destroy();
    return true;
  } catch {
    return false;
  }
}

const tls: readonly Requirement[] = [
  {
    id: 'tls.version',
    level: 'MUST',
    text: 'TLS 1.2 or 1.3 is spoken',
    after: 'network.reachable',
    meaning: UNREACHABLE,
    advice: 'Terminate TLS 1.2 or 1.3 on this port, with a certificate and its private key.',
    check: async (subject) => {
      const spoken: string[] = [];
      for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
        const offer = { minVersion: version, maxVersion: version };
        if (await agrees(subject, offer)) spoken.push(version);
      }
      // The error of the handshake says more than that there is none.
      if (spoken.length === 0) (await shakeHands(subject.endpoint)).destroy();
      demand(spoken.length > 0, 'neither');
      return spoken.join(', ');
    },
  },
  {
    id: 'tls.suites',
    level: 'MUST',
    text: 'one of the four cipher suites of the specification is agreed on',
    after: 'tls.version',
    meaning: UNREACHABLE,
    advice: `Enable one of ${SUITES.map(([name]) => name).join(', ')}.`,
    check: async (subject) => {
      const agreed: string[] = [];
      for (const [name, offer] of SUITES) if (await agrees(subject, offer)) agreed.push(name);
      demand(agreed.length > 0, 'none of them');
      return agreed.join(', ');
    },
  },
  {
    id: 'tls.old-versions',
    level: 'SHOULD',
    text: 'TLS 1.1 and older are refused',
    after: 'tls.version',
    meaning: 'KMS offers 1.2 and later, and is not concerned; others may be talked down.',
    advice: 'Set the lowest version to TLS 1.2.',
    check: async ({ endpoint }) => {
      const socket = await shakeHands(endpoint, OLD_TLS).catch((error: unknown) => {
        if (/NO_PROTOCOLS|NO_CIPHERS|UNSUPPORTED_PROTOCOL$/.test(codeOf(error))) {
          throw NotLookedAt.forWantOf(`this machine offers no TLS 1.1: ${codeOf(error)}`);
        }
        return undefined;
      });
      socket?.destroy();
      demand(socket === undefined, `${socket?.getProtocol() ?? ''} is spoken`);
      return undefined;
    },
  },
  {
    id: 'tls.http-1.1',
    level: 'MUST',
    text: 'HTTP/1.1 is agreed on with a client that offers it alone',
    after: 'tls.version',
    meaning: UNREACHABLE,
    advice: 'Name http/1.1 among the protocols of ALPN, or leave ALPN out.',
    check: async ({ endpoint }) => {
      const socket = await shakeHands(endpoint, { ALPNProtocols: ['http/1.1'] });
      const agreed = socket.alpnProtocol;
      socket.destroy();
      demand(agreed === 'http/1.1' || agreed === false, `${String(agreed)} is agreed on`);
      return undefined;
    },
  },
];

/** @see XKS Proxy API, section API content type */
export const connectionSection: Section = {
  title: 'Network and TLS',
  requirements: [...network, ...tls],
};
