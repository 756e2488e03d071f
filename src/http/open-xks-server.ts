import type { CertificateFinding } from './certificate-findings.js';
import { inspectCertificateChain } from './certificate-inspection.js';
import { listenerName } from './config.js';
import { readTlsMaterial } from './tls.js';
import { XksServer, type XksServerParts } from './xks-server.js';

/** A listener cannot speak TLS with the certificate and key that it was given. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError';
}

/**
 * Makes the server of a listener, not listening yet. Reads its certificates, and warns of what
 * AWS KMS would refuse and of a listener without TLS.
 *
 * @throws CertificateError when certificate and key are of no use
 */
export async function openXksServer(
  parts: Omit<XksServerParts, 'material' | 'expiresAt'>,
): Promise<XksServer> {
  const { listener, clock, logger } = parts;
  const name = listenerName(listener);
  if (listener.tls === undefined) {
    logger.warn(
      { listener: name },
      'plain HTTP: requests and answers can be read and changed on the way; AWS KMS calls HTTPS alone',
    );
    return new XksServer({ ...parts, material: undefined, expiresAt: undefined });
  }
  const material = await readTlsMaterial(listener.tls);
  const { publicNames } = listener.tls;
  const { findings, expiresAt } = inspectCertificateChain(material, publicNames, clock.now());
  refuseErrors(name, findings);
  for (const { code, message } of findings) {
    logger.warn({ listener: name, code }, `AWS KMS would refuse this listener: ${message}`);
  }
  return new XksServer({ ...parts, material, expiresAt });
}

function refuseErrors(name: string, findings: readonly CertificateFinding[]): void {
  const errors = findings.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return;
  throw new CertificateError(
    `The listener ${name} cannot start. ${errors.map(({ message }) => message).join(' ')}`,
  );
}
