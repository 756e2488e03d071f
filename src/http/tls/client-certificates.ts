import type { X509Certificate } from 'node:crypto';
import type { Server } from 'node:https';
import type { TLSSocket } from 'node:tls';

/** Whole names, without regard to case; the certificate's own wildcards count for nothing. */
const EXACT = {
  subject: 'always',
  wildcards: false,
  partialWildcards: false,
  multiLabelWildcards: false,
  singleLabelSubdomains: false,
} as const;

/**
 * Compares a client's certificate with the names that may connect.
 *
 * @returns the allowed name that is the certificate's common name or one of its DNS names
 * @see XKS Proxy API, section "KMS-XKS Proxy communication"
 */
function matchingClientName(
  certificate: X509Certificate,
  allowedNames: readonly string[],
): string | undefined {
  return allowedNames.find((name) => certificate.checkHost(name, EXACT) !== undefined);
}

/** A client's identity by its verified certificate. */
export interface ClientIdentity {
  /** The allowed name that it bears. */
  readonly name: string;
  /** Subject of the certificate, in one line. */
  readonly subject: string;
}

/** Node writes one attribute a line. */
function inOneLine({ subject }: X509Certificate): string {
  return subject.replaceAll('\n', ', ');
}

/** The callbacks for clients whose certificates are signed by an allowed authority. */
export interface ClientVerdicts {
  /** Node has just begun to listen to it. */
  admitted(socket: TLSSocket, client: ClientIdentity): void;
  refused(socket: TLSSocket): void;
}

/**
 * Puts a door between TLS and HTTP: takes away the listener by which `node:https` starts to read
 * requests, looks at the name first, and only then hands the socket on. Clients that no
 * configured root vouches for do not come this far: TLS itself disconnects them.
 *
 * @param server made with `requestCert` and `rejectUnauthorized`, not listening yet
 * @param allowedNames asked anew for each client
 */
export function admitNamedClients(
  server: Server,
  allowedNames: () => readonly string[],
  verdicts: ClientVerdicts,
): void {
  const startReading = server.listeners('secureConnection');
  server.removeAllListeners('secureConnection');
  server.on('secureConnection', (socket) => {
    const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined;
    const name = certificate && matchingClientName(certificate, allowedNames());
    if (certificate === undefined || name === undefined) {
      verdicts.refused(socket);
      socket.destroy();
      return;
    }
    for (const listener of startReading) Reflect.apply(listener, server, [socket]);
    verdicts.admitted(socket, { name, subject: inOneLine(certificate) });
  });
}
