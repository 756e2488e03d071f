import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { rootCertificates } from 'node:tls';
import type { FieldPath } from '../config/problem.js';

/** What can be wrong with a certificate chain. */
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
  | 'not-yet-valid'
  | 'expired'
  | 'expires-soon'
  | 'weak-key'
  | 'weak-signature';

/** One thing that is wrong. */
export interface CertificateFinding {
  /** An error keeps the listener from starting; a warning is what AWS KMS would refuse. */
  readonly severity: 'error' | 'warning';
  readonly code: CertificateFindingCode;
  /** The field of `tls` whose file it is about. */
  readonly path: FieldPath;
  /** Of a warning a sentence; of an error what completes "the file X, …". */
  readonly message: string;
}

const DAY_MS = 86_400_000;
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

/** Compares the names KMS calls with those the leaf is for. Common names no longer count. */
export function checkNames(
  leaf: X509Certificate,
  publicNames: readonly string[],
): CertificateFinding[] {
  const findings: CertificateFinding[] = [];
  if (!/(^|, )DNS:/.test(leaf.subjectAltName ?? '')) {
    findings.push(warning('no-dns-name', `${nameOf(leaf)} is for no DNS name; KMS calls by name.`));
  }
  for (const name of publicNames) {
    const covered = isIP(name)
      ? leaf.checkIP(name)
      : leaf.checkHost(name, { subject: 'never', partialWildcards: false });
    if (covered === undefined) {
      findings.push(warning('name-not-covered', `${nameOf(leaf)} is not for the name ${name}.`));
    }
  }
  return findings;
}

/** Follows the chain from the leaf to a root that the public knows. Stops where it breaks. */
export function checkOrder(chain: readonly X509Certificate[]): CertificateFinding[] {
  for (const [index, certificate] of chain.entries()) {
    if (isSelfSigned(certificate)) return checkRoot(certificate, index);
    const next = chain[index + 1];
    if (next === undefined) return checkLast(certificate);
    if (isIssuedBy(certificate, next)) continue;
    return chain.some((other) => isIssuedBy(certificate, other))
      ? [warning('out-of-order', `${nameOf(certificate)} is not followed by its issuer.`)]
      : [
          warning(
            'incomplete-chain',
            `${nameOf(certificate)} is not followed by its issuer, which is missing.`,
          ),
        ];
  }
  return [];
}

/** Compares the times of every certificate with `now`, in ms since 1970. */
export function checkValidity(
  chain: readonly X509Certificate[],
  now: number,
): CertificateFinding[] {
  return chain.flatMap((certificate) => {
    const { validFrom, validTo } = certificate;
    const name = nameOf(certificate);
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
    ? [warning('weak-key', `${nameOf(certificate)} has an RSA key of ${bits} bits.`)]
    : [];
}

/** Nobody relies on a root's signature on itself. */
function checkDigest(certificate: X509Certificate): CertificateFinding[] {
  return !isSelfSigned(certificate) && SHA1_SIGNATURES.some((id) => certificate.raw.includes(id))
    ? [warning('weak-signature', `${nameOf(certificate)} is signed over SHA-1.`)]
    : [];
}

function checkRoot(root: X509Certificate, index: number): CertificateFinding[] {
  if (index === 0) return [warning('self-signed', `${nameOf(root)} is self-signed.`)];
  if (publicRoots().some(({ fingerprint256 }) => fingerprint256 === root.fingerprint256)) return [];
  return [warning('private-authority', `${nameOf(root)} is no public certificate authority.`)];
}

function checkLast(last: X509Certificate): CertificateFinding[] {
  if (publicRoots().some((root) => isIssuedBy(last, root))) return [];
  const issuer = oneLine(last.issuer);
  return [
    warning(
      'incomplete-chain',
      `${nameOf(last)} ends the chain, and its issuer "${issuer}" is no public root: ` +
        'intermediates are missing, or the authority is private.',
    ),
  ];
}

/** Mozilla's list, which is close to that of KMS. */
function publicRoots(): X509Certificate[] {
  return rootCertificates.map((pem) => new X509Certificate(pem));
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
  return `The certificate "${oneLine(certificate.subject)}"`;
}

function oneLine(distinguishedName: string): string {
  return distinguishedName.replaceAll('\n', ', ');
}
