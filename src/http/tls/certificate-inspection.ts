import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { FieldPath } from '../../configuration/reading/problem.js';
import {
  checkNames,
  checkOrder,
  checkStrength,
  checkValidity,
  type CertificateFinding,
  type CertificateFindingCode,
} from './certificate-findings.js';
import { tlsOptions, type TlsMaterial } from './tls.js';
import { messageOf } from '../../shared/reason-of.js';

/** The findings of an inspection of a listener's certificates. */
export interface CertificateInspection {
  readonly findings: readonly CertificateFinding[];
  /** Expiry of the first certificate of the chain, in ms since 1970; absent if none is readable. */
  readonly expiresAt: number | undefined;
}

/**
 * Looks at a certificate chain as AWS KMS would.
 *
 * @param publicNames the names KMS will call
 * @param now in ms since 1970
 * @see XKS Proxy API, section "KMS-XKS Proxy communication"
 */
export function inspectCertificateChain(
  material: TlsMaterial,
  publicNames: readonly string[],
  now: number,
): CertificateInspection {
  const unusable = checkReadable(material);
  if (unusable.length > 0) return { findings: unusable, expiresAt: undefined };
  const chain = readCertificates(material.certificateChain);
  const [leaf] = chain;
  return {
    findings: [
      ...checkOrder(chain),
      ...(leaf === undefined ? [] : checkNames(leaf, publicNames)),
      ...checkValidity(chain, now),
      ...checkStrength(chain),
    ],
    expiresAt: Math.min(...chain.map(({ validTo }) => Date.parse(validTo))),
  };
}

/** The problem that keeps a listener from starting; one at a time, because each hides the next. */
function checkReadable(material: TlsMaterial): CertificateFinding[] {
  const { certificateChain, clientRoots = [] } = material;
  const files: readonly (readonly [pem: string, path: FieldPath])[] = [
    [certificateChain, ['certificateChain']],
    ...clientRoots.map((pem, index) => [pem, ['clientCertificates', 'roots', index]] as const),
  ];
  for (const [pem, path] of files) {
    const failed = failureMessageOf(() => readCertificates(pem));
    if (failed !== undefined) {
      const message = `in which a certificate cannot be read: ${failed}`;
      return [failure('unreadable-certificate', path, message)];
    }
    if (readCertificates(pem).length === 0) {
      return [failure('unreadable-certificate', path, 'in which there is no PEM certificate')];
    }
  }
  return checkPrivateKey(material);
}

function checkPrivateKey(material: TlsMaterial): CertificateFinding[] {
  const pem = material.privateKey.reveal();
  const path = ['privateKey'];
  const unreadable = failureMessageOf(() => createPrivateKey(pem));
  if (unreadable !== undefined) {
    return [
      isEncrypted(pem)
        ? failure('encrypted-key', path, 'whose key is encrypted with a passphrase')
        : failure('unreadable-key', path, `in which no PEM key can be read: ${unreadable}`),
    ];
  }
  const [leaf] = readCertificates(material.certificateChain);
  if (leaf?.checkPrivateKey(createPrivateKey(pem)) !== true) {
    const message = 'whose key does not belong to the first certificate of certificateChain';
    return [failure('key-mismatch', path, message)];
  }
  const refused = failureMessageOf(() => createSecureContext(tlsOptions(material)));
  if (refused === undefined) return [];
  return [failure('unusable', ['certificateChain'], `which OpenSSL refuses: ${refused}`)];
}

/** PKCS #8 says so in its first line, the older forms in a header. */
function isEncrypted(pem: string): boolean {
  return /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(pem);
}

function readCertificates(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}

/** @returns what `attempt` throws, in the words of OpenSSL, which name no secrets */
function failureMessageOf(attempt: () => unknown): string | undefined {
  try {
    attempt();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function failure(
  code: CertificateFindingCode,
  path: FieldPath,
  message: string,
): CertificateFinding {
  return { severity: 'error', code, path, message };
}
