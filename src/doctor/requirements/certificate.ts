import { X509Certificate } from 'node:crypto';
import {
  checkServerIdentity,
  createSecureContext,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import { commonNameOf, isListed, LIST, listedByName } from '../authorities/authorities.js';
import { shakeHands } from '../client/tls-connection.js';
import type { Requirement, Section, Subject } from '../requirement.js';
import { demand, Deviation, NotLookedAt } from '../verdict.js';
import { DAY_MS } from '../../shared/durations.js';

/** Days of warning: authorities issue for 90 days and less, and renew a month before. */
const FEW_DAYS = 15;

const NO_TLS =
  'KMS makes no TLS connection: XksProxyUriUnreachableException while a key store is created or ' +
  'updated, KMSInvalidStateException for callers.';

/** By the list of authorities: reading those of KMS takes as long as thirty calls of a proxy. */
const contexts = new WeakMap<readonly string[], SecureContext>();

function contextOf(ca: readonly string[]): SecureContext {
  const known = contexts.get(ca);
  if (known !== undefined) return known;
  const context = createSecureContext({ ca: [...ca] });
  contexts.set(ca, context);
  return context;
}

/** Makes a handshake, looks at it, and ends it. */
async function examine<T>(
  subject: Subject,
  ca: readonly string[],
  look: (socket: TLSSocket) => T,
): Promise<T> {
  const options = { secureContext: contextOf(ca), checkServerIdentity: () => undefined };
  const socket = await shakeHands(subject.endpoint, options);
  try {
    return look(socket);
  } finally {
    socket.destroy();
  }
}

function certificateOf(socket: TLSSocket): X509Certificate {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) throw new Deviation('the server shows no certificate');
  return certificate;
}

/** A certificate of a chain; the types of Node do not say that an issuer may be absent. */
interface Link {
  readonly raw: Buffer;
  readonly fingerprint256: string;
  readonly issuerCertificate?: Link;
}

/** Certificates from the server's own to the last that came, or that is known, above it. */
function chainOf(socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = [];
  let at: Link | undefined = socket.getPeerCertificate(true);
  const seen = new Set<string>();
  while (at !== undefined && !seen.has(at.fingerprint256)) {
    seen.add(at.fingerprint256);
    chain.push(new X509Certificate(at.raw));
    at = at.issuerCertificate;
  }
  return chain;
}

interface Verification {
  readonly error: string | undefined;
  readonly chain: readonly X509Certificate[];
}

function verify(subject: Subject, ca: readonly string[]): Promise<Verification> {
  return examine(subject, ca, (socket) => ({
    // The types have an Error, and Node gives the code as a text.
    error: socket.authorized ? undefined : String(socket.authorizationError),
    chain: chainOf(socket),
  }));
}

async function trusted(subject: Subject): Promise<string> {
  const { ofKms, ofCaller } = subject.authorities;
  const { error, chain } = await verify(subject, ofKms);
  const top = chain.at(-1);
  if (error === undefined) return `by ${nameOf(top)}, which is on ${LIST}`;
  if (ofCaller.length > 0 && (await verify(subject, ofCaller)).error === undefined) {
    return `by an authority of --ca; KMS itself trusts ${LIST} alone`;
  }
  // A chain that ends in a listed root which this program does not have itself.
  if (error === 'SELF_SIGNED_CERT_IN_CHAIN' && top !== undefined && isListed(top)) {
    return `by ${nameOf(top)}, which is on ${LIST}`;
  }
  const issuer = commonNameOf(top?.issuer ?? '', '\n') ?? '';
  const names = listedByName(issuer);
  if (names.length > 0 && error !== 'SELF_SIGNED_CERT_IN_CHAIN' && !isHeld(issuer, ofKms)) {
    throw NotLookedAt.forWantOf(
      `${issuer} is on ${LIST}, but its certificate is not at hand: give it with --ca`,
    );
  }
  throw new Deviation(`${explain(error)}; ${chain.length} in the chain, the last by ${issuer}`);
}

/** Tells whether the certificate of an authority of that name is at hand. */
function isHeld(commonName: string, ofKms: readonly string[]): boolean {
  return ofKms.some((pem) => commonNameOf(new X509Certificate(pem).subject, '\n') === commonName);
}

function nameOf(certificate: X509Certificate | undefined): string {
  return commonNameOf(certificate?.subject ?? '', '\n') ?? 'an authority without a name';
}

function explain(error: string): string {
  switch (error) {
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return 'it is self-signed';
    case 'SELF_SIGNED_CERT_IN_CHAIN':
      return 'its root is not trusted';
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_GET_ISSUER_CERT':
      return 'its issuer is not trusted, or a certificate between the two is not sent';
    default:
      return error;
  }
}

/** Tells whether a name, or a wildcard in place of its first part, is that of a host. */
function isNameOf(name: string, host: string): boolean {
  return [host, host.replace(/^[^.]+/, '*')].includes(name.toLowerCase());
}

const rows: readonly Requirement[] = [
  {
    id: 'certificate.valid-now',
    level: 'MUST',
    text: 'the certificate is valid today',
    after: 'tls.version',
    meaning: NO_TLS,
    advice: 'Renew the certificate and have the proxy load it.',
    check: (subject) =>
      examine(subject, [], (socket) => {
        const { validFrom, validTo } = certificateOf(socket);
        const now = Date.now();
        demand(Date.parse(validTo) > now, `it has expired: ${validTo}`);
        demand(Date.parse(validFrom) <= now, `it begins later: ${validFrom}`);
        return `until ${validTo}`;
      }),
  },
  {
    id: 'certificate.days-left',
    level: 'SHOULD',
    text: `the certificate is valid for ${FEW_DAYS} days or more`,
    after: 'certificate.valid-now',
    meaning:
      'Nothing fails yet. KMS publishes the days as XksProxyCertificateDaysToExpire in CloudWatch.',
    advice: 'Renew it now, and look why it was not renewed by itself.',
    check: (subject) =>
      examine(subject, [], (socket) => {
        const leftMs = Date.parse(certificateOf(socket).validTo) - Date.now();
        const days = Math.floor(leftMs / DAY_MS);
        demand(days >= FEW_DAYS, `${days} days are left`);
        return `${days} days`;
      }),
  },
  {
    id: 'certificate.name',
    level: 'MUST',
    text: 'the certificate is for the name of the endpoint',
    after: 'tls.version',
    meaning: NO_TLS,
    advice: 'Have it issued for this name as a DNS name of subjectAltName.',
    check: (subject) =>
      examine(subject, [], (socket) => {
        const { host } = subject.endpoint;
        const error = checkServerIdentity(host, socket.getPeerCertificate());
        demand(error === undefined, error?.message ?? '');
        return host;
      }),
  },
  {
    id: 'certificate.common-name',
    level: 'SHOULD',
    text: 'the common name of the certificate is that name as well',
    after: ['endpoint.host', 'certificate.name'],
    meaning:
      'The troubleshooting guide of KMS asks for it: another common name may be refused with ' +
      'XKS_PROXY_INVALID_TLS_CONFIGURATION.',
    advice: 'Ask the authority for a certificate that still has the name as its common name.',
    check: (subject) =>
      examine(subject, [], (socket) => {
        const name = commonNameOf(certificateOf(socket).subject, '\n') ?? '';
        demand(isNameOf(name, subject.endpoint.host), `it is ${name === '' ? 'missing' : name}`);
        return undefined;
      }),
  },
  {
    id: 'certificate.trusted',
    level: 'MUST',
    text: 'the certificate comes with its chain, from an authority that KMS trusts',
    after: 'certificate.valid-now',
    meaning: NO_TLS,
    advice:
      'Take a certificate of a public authority on the list of AWS, and send the intermediate ' +
      'certificates with it. For a private authority, in a trial, name its file with --ca.',
    check: trusted,
  },
];

/** @see XKS Proxy API, section Authentication; its list TrustedCertificateAuthorities */
export const certificateSection: Section = {
  title: 'Certificate',
  requirements: rows,
};
