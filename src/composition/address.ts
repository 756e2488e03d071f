import type { AddressInfo } from 'node:net';

/** Something that is to listen, as the configuration says where. */
export interface Endpoint {
  /** As a sentence begins with it: `The listener xks`. */
  readonly what: string;
  readonly host: string;
  readonly port: number;
  /** Its place in the configuration: `listeners[0]`. */
  readonly path: string;
  /** Environment variable that overrides the port, if one does. */
  readonly variable?: string;
}

/** An address cannot be had; the message says why and what to change. */
export class AddressError extends Error {
  override readonly name = 'AddressError';
}

/**
 * Listens, and says what to do where that fails.
 *
 * @param listen rejects with the system's error
 * @throws AddressError
 */
export async function listenAt(
  endpoint: Endpoint,
  listen: () => Promise<AddressInfo>,
): Promise<AddressInfo> {
  try {
    return await listen();
  } catch (error) {
    throw explain(endpoint, error);
  }
}

function explain(endpoint: Endpoint, error: unknown): AddressError {
  const { what, host, port, path, variable } = endpoint;
  const portSettings = [...(variable === undefined ? [] : [variable]), `${path}.port`].join(' or ');
  const refuse = (reason: string): AddressError =>
    new AddressError(`${what} cannot start: ${reason}`);
  switch (error instanceof Error && 'code' in error ? error.code : undefined) {
    case 'EADDRINUSE':
      return refuse(
        `${formatAddress(host, port)} is in use. Choose another port with ${portSettings}.`,
      );
    case 'EACCES':
      return refuse(
        `this user may not listen on port ${String(port)}. Choose one from 1024 up with ` +
          `${portSettings}, or give the process the capability CAP_NET_BIND_SERVICE.`,
      );
    case 'EADDRNOTAVAIL':
      return refuse(`${host} is no address of this machine. Choose another with ${path}.host.`);
    case 'ENOTFOUND':
      return refuse(`there is no host called ${host}. Choose another with ${path}.host.`);
    default:
      return new AddressError(`${what} cannot start on ${formatAddress(host, port)}.`, {
        cause: error,
      });
  }
}

/** `127.0.0.1:8443`, `[::1]:8443` */
export function formatAddress(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${String(port)}`;
}
