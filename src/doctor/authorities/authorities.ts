import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import {
  TRUSTED_AUTHORITIES,
  TRUSTED_AUTHORITIES_SOURCE,
  type TrustedAuthority,
} from './trusted-by-kms.js';

/** The authorities that vouch for a proxy's certificate. */
export interface Authorities {
  /** PEM of those that KMS trusts and of which this program has the certificate. */
  readonly ofKms: readonly string[];
  /** PEM of those that the caller trusts beside them. */
  readonly ofCaller: readonly string[];
}

/** The list and its date, for messages. */
export const LIST = `the list that AWS published on ${TRUSTED_AUTHORITIES_SOURCE.date}`;

/** The fingerprint of a certificate as the list writes it. */
export function fingerprintOf({ fingerprint256 }: X509Certificate): string {
  return fingerprint256.replaceAll(':', '').toLowerCase();
}

const listed: ReadonlySet<string> = new Set(
  TRUSTED_AUTHORITIES.map(({ fingerprint }) => fingerprint),
);

/** Tells whether KMS trusts an authority by its certificate. */
export function isListed(certificate: X509Certificate): boolean {
  return listed.has(fingerprintOf(certificate));
}

/** Authorities of the list with a common name, which says less than a certificate does. */
export function listedByName(commonName: string): readonly TrustedAuthority[] {
  return TRUSTED_AUTHORITIES.filter(({ name }) => commonNameOf(name, ', ') === commonName);
}

/** The common name of a distinguished name. @param separator of its parts */
export function commonNameOf(name: string, separator: string): string | undefined {
  const part = name.split(separator).find((text) => text.startsWith('CN='));
  return part?.slice('CN='.length);
}

/** Parsed once, because Mozilla's list takes as long as fifty calls of a proxy. */
let ofKms: readonly string[] | undefined;

/**
 * Makes the authorities for a run. Node comes with Mozilla's; those of them count that are on the
 * list.
 *
 * @param pem certificates of private authorities, one after the other
 */
export function authoritiesWith(pem: string): Authorities {
  const ofCaller = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  ofKms ??= rootCertificates.filter((root) => isListed(new X509Certificate(root)));
  return { ofKms, ofCaller };
}
