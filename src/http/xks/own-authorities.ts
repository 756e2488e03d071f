import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { ListenerConfig } from '../config.js';
import type { Connection } from './connection.js';
import type { TlsMaterial } from '../tls/tls.js';

/** Tells whether a listener answers to a host name or an address, on a connection. */
export type OwnAuthorities = (host: string, connection: Connection) => boolean;

/**
 * Finds the hosts that a listener answers to: the names and addresses of its certificate, its
 * public names, and the address that a connection was made to. Without TLS nobody has told it a
 * name, so beside that address it answers to `localhost` alone.
 */
export function ownAuthorities(
  { tls }: ListenerConfig,
  material: TlsMaterial | undefined,
): OwnAuthorities {
  const names = new Set(
    ['localhost', ...(tls?.publicNames ?? [])].map((name) => name.toLowerCase()),
  );
  const certificate = material && new X509Certificate(material.certificateChain);
  return (host, { serverAddress }) => {
    const address = host.replace(/^\[|\]$/g, '');
    if (address === serverAddress || names.has(host)) return true;
    if (certificate === undefined) return false;
    return isIP(address) === 0
      ? certificate.checkHost(host) !== undefined
      : certificate.checkIP(address) !== undefined;
  };
}
