import { listenerName } from '../config.js';
import { readTlsFiles } from '../tls/tls-files.js';
import { XksServer, type XksServerPorts } from './xks-server.js';

/** A listener cannot speak TLS with the files that it was given. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError';
}

/**
 * Makes the server of a listener, not listening yet. Reads its certificates; to warn of them is
 * the configuration's check, which has looked at them before.
 *
 * @throws CertificateError when certificate and key are of no use (any more)
 */
export function openXksServer(parts: Omit<XksServerPorts, 'material' | 'expiresAt'>): XksServer {
  const { listener, clock } = parts;
  if (listener.tls === undefined) {
    return new XksServer({ ...parts, material: undefined, expiresAt: undefined });
  }
  const files = readTlsFiles(listener.tls, clock.now());
  if (!('problems' in files)) return new XksServer({ ...parts, ...files });
  const reasons = files.problems.map(({ found }) => found).join('; ');
  throw new CertificateError(`The listener ${listenerName(listener)} cannot start: ${reasons}.`);
}
