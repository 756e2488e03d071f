import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import type { FieldPath } from '../../configuration/reading/problem.js';
import { DAY_MS } from '../../shared/durations.js';

/** The codes of everything that can be wrong with a certificate chain. */
export type CertificateFindingCode =
  | 'unreadable-certificate'
  | 'unreadable-key'
  | 'encrypted-key'
  | 'key-mismatch'
  | 'unusable'
  | 'self-signed'
  | 'out-of-order'
  | 'incomplete-chain'
  | 'private-authority'
  | 'name-not-covered'
  | 'no-dns-name'
  | 'other-common-name'
  | 'not-yet-valid'
  | 'expired'
  | 'expires-soon'
  | 'weak-key'
  | 'weak-signature';

/** One thing that is wrong. */
export interface CertificateFinding {
  /** An error keeps the listener from starting; a warning is what AWS KMS may not accept. */
  readonly severity: 'error' | 'warning';
  readonly code: CertificateFindingCode;
  /** The field of `tls` whose file it is about. */
  readonly path: FieldPath;
  /** Of a warning a sentence; of an error what completes "the file X, …". */
  readonly message: string;
}

const SOON_MS = 30 * DAY_MS;
const MIN_RSA_BITS = 2_048;
/**
 * The object identifiers sha1WithRSAEncryption and ecdsa-with-SHA1 in DER: Node 20 has no name for
 * the algorithm of a certificate's signature.
 *
 * @see RFC 3279, section 2.2
 */
const SHA1_SIGNATURES = ['06092a864886f70d010105', '06072a8648ce3d0401'].map((hex) =>
  Buffer.from(hex, 'hex'),
);

/**
 * Compares the names KMS calls with those the leaf is for. The specification speaks of the DNS
 * names; AWS's guide asks for the common name, which public authorities begin to leave out.
 *
 * @see AWS KMS Developer Guide, "Choose an external key store proxy connectivity option"
 */
export function checkNames(
  leaf: X509Certificate,
  publicNames: readonly string[],
): CertificateFinding[] {
  const called = `the certificate ${nameOf(leaf)}`;
  const findings: CertificateFinding[] = [];
  if (!/(^|, )DNS:/.test(leaf.subjectAltName ?? '')) {
    findings.push(warning('no-dns-name', `AWS KMS calls by name, and ${called} has no DNS name.`));
  }
  const covered = publicNames.filter((name) => isCovered(leaf, name));
  for (const name of publicNames.filter((each) => !covered.includes(each))) {
    const message = `AWS KMS cannot call ${name}, which is not among the DNS names of ${called}.`;
    findings.push(warning('name-not-covered', message));
  }
  if (covered.length > 0 && !covered.some((name) => isCommonName(leaf, name))) {
    const message = `AWS's guide wants the called name as common name too, and ${called} has another.`;
    findings.push(warning('other-common-name', message));
  }
  return findings;
}

function isCovered(leaf: X509Certificate, name: string): boolean {
  return leaf.checkHost(name, { subject: 'never', partialWildcards: false }) !== undefined;
}

/** Also where the common name has a wildcard in the place of the name's first label. */
function isCommonName(leaf: X509Certificate, name: string): boolean {
  const commonName = /^CN=(?<name>.*)$/m.exec(leaf.subject)?.groups?.['name']?.toLowerCase();
  const wanted = name.toLowerCase();
  return commonName === wanted || commonName === wanted.replace(/^[^.]+/, '*');
}

/** Follows the chain from the leaf to a root that the public knows. Stops where it breaks. */
export function checkOrder(chain: readonly X509Certificate[]): CertificateFinding[] {
  for (const [index, certificate] of chain.entries()) {
    if (isSelfSigned(certificate)) return checkRoot(certificate, index);
    const next = chain[index + 1];
    if (next === undefined) return checkLast(certificate);
    if (isIssuedBy(certificate, next)) continue;
    return chain.some((other) => isIssuedBy(certificate, other))
      ? [warning('out-of-order', notFollowed(certificate, 'stands elsewhere in the chain'))]
      : [warning('incomplete-chain', notFollowed(certificate, 'is missing'))];
  }
  return [];
}

function notFollowed(certificate: X509Certificate, instead: string): string {
  const name = nameOf(certificate);
  return `AWS KMS needs the whole chain in order, and the issuer of ${name} ${instead}.`;
}

/** Compares the times of every certificate with `now`, in ms since 1970. */
export function checkValidity(
  chain: readonly X509Certificate[],
  now: number,
): CertificateFinding[] {
  return chain.flatMap((certificate) => {
    const { validFrom, validTo } = certificate;
    const name = `The certificate ${nameOf(certificate)}`;
    if (Date.parse(validFrom) > now) {
      return [warning('not-yet-valid', `${name} is not valid before ${validFrom}.`)];
    }
    const leftMs = Date.parse(validTo) - now;
    if (leftMs < 0) return [warning('expired', `${name} expired on ${validTo}.`)];
    if (leftMs < SOON_MS) return [warning('expires-soon', `${name} expires on ${validTo}.`)];
    return [];
  });
}

/**
 * Looks for keys and signatures that no public authority makes any more. Some builds of OpenSSL
 * refuse the one or the other outright; none can be relied on to.
 */
export function checkStrength(chain: readonly X509Certificate[]): CertificateFinding[] {
  return chain.flatMap((certificate) => [...checkKey(certificate), ...checkDigest(certificate)]);
}

function checkKey(certificate: X509Certificate): CertificateFinding[] {
  const { asymmetricKeyType, asymmetricKeyDetails } = certificate.publicKey;
  const bits = asymmetricKeyDetails?.modulusLength ?? 0;
  return asymmetricKeyType === 'rsa' && bits < MIN_RSA_BITS
    ? [warning('weak-key', `The RSA key of ${nameOf(certificate)} has ${bits} bits only.`)]
    : [];
}

/** Nobody relies on a root's signature on itself. */
function checkDigest(certificate: X509Certificate): CertificateFinding[] {
  return !isSelfSigned(certificate) && SHA1_SIGNATURES.some((id) => certificate.raw.includes(id))
    ? [warning('weak-signature', `The signature of ${nameOf(certificate)} is over SHA-1.`)]
    : [];
}

function checkRoot(root: X509Certificate, index: number): CertificateFinding[] {
  if (index === 0) return [warning('self-signed', notPublic(`${nameOf(root)} is self-signed`))];
  if (publicRoots().some(({ fingerprint256 }) => fingerprint256 === root.fingerprint256)) return [];
  return [warning('private-authority', notPublic(`${nameOf(root)} is a private one`))];
}

function checkLast(last: X509Certificate): CertificateFinding[] {
  if (publicRoots().some((root) => isIssuedBy(last, root))) return [];
  const message =
    `AWS KMS needs the chain up to a public root, and "${oneLine(last.issuer)}", where it ends, ` +
    'is a private authority or an intermediate that is missing.';
  return [warning('incomplete-chain', message)];
}

function notPublic(reason: string): string {
  return `AWS KMS connects only to what a public authority has certified; ${reason}.`;
}

let knownRoots: readonly X509Certificate[] | undefined;

/**
 * Mozilla's list, which is close to that of KMS. Parsed once: requests wait meanwhile, and
 * certificates are looked at while there are some.
 */
function publicRoots(): readonly X509Certificate[] {
  knownRoots ??= rootCertificates.map((pem) => new X509Certificate(pem));
  return knownRoots;
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

/** OpenSSL's `checkIssued` says no where the key may not sign certificates, as a leaf's may not. */
function isSelfSigned(certificate: X509Certificate): boolean {
  return certificate.subject === certificate.issuer && certificate.verify(certificate.publicKey);
}

function warning(code: CertificateFindingCode, message: string): CertificateFinding {
  return { severity: 'warning', code, path: ['certificateChain'], message };
}

function nameOf(certificate: X509Certificate): string {
  return `"${oneLine(certificate.subject)}"`;
}

function oneLine(distinguishedName: string): string {
  return distinguishedName.replaceAll('\n', ', ');
}
