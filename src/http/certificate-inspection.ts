import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import {
  checkNames,
  checkOrder,
  checkStrength,
  checkValidity,
  type CertificateFinding,
  type CertificateFindingCode,
} from './certificate-findings.js';
import { tlsOptions, type TlsMaterial } from './tls.js';

/** What a look at a listener's certificates found. */
export interface CertificateInspection {
  readonly findings: readonly CertificateFinding[];
  /** When the first certificate of the chain expires, in ms since 1970; absent if none is readable. */
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

/** What would keep a listener from starting, one thing at a time: each hides the next. */
function checkReadable(material: TlsMaterial): CertificateFinding[] {
  const { certificateChain, clientRoots = [] } = material;
  for (const pem of [certificateChain, ...clientRoots]) {
    const failed = whyNot(() => {
      if (readCertificates(pem).length === 0) throw new Error('there is none');
    });
    if (failed !== undefined) {
      const file = pem === certificateChain ? 'certificateChain' : 'a file of roots';
      return [failure('unreadable-certificate', `No PEM certificates in ${file}: ${failed}.`)];
    }
  }
  return checkPrivateKey(material);
}

function checkPrivateKey(material: TlsMaterial): CertificateFinding[] {
  const pem = material.privateKey.reveal();
  const unreadable = whyNot(() => createPrivateKey(pem));
  if (unreadable !== undefined) {
    return [failure('unreadable-key', `No PEM key without a passphrase: ${unreadable}.`)];
  }
  const [leaf] = readCertificates(material.certificateChain);
  if (leaf?.checkPrivateKey(createPrivateKey(pem)) !== true) {
    return [failure('key-mismatch', 'The private key does not belong to the first certificate.')];
  }
  const refused = whyNot(() => createSecureContext(tlsOptions(material)));
  return refused === undefined ? [] : [failure('unusable', `OpenSSL refuses them: ${refused}.`)];
}

function readCertificates(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}

/** @returns what `attempt` throws, in the words of OpenSSL, which name no secrets */
function whyNot(attempt: () => unknown): string | undefined {
  try {
    attempt();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function failure(code: CertificateFindingCode, message: string): CertificateFinding {
  return { severity: 'error', code, message };
}
