import { connect as connectTcp, isIP } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { NoAnswer } from './answer.js';
import type { Endpoint } from './endpoint.js';

type Place = Pick<Endpoint, 'host' | 'port' | 'address' | 'connectPort'>;

const TIMEOUT_MS = 5_000;

/** Opens a TCP connection and closes it. @returns the milliseconds it took. @throws NoAnswer */
export function reach(place: Place): Promise<number> {
  const { host, port, address, connectPort } = place;
  return new Promise((resolve, reject) => {
    const beganAt = performance.now();
    const family = familyOf(place);
    const socket = connectTcp({ host: address ?? host, port: connectPort ?? port, family });
    socket.setTimeout(TIMEOUT_MS, () => {
      socket.destroy(new Error(`no connection within ${TIMEOUT_MS} ms`));
    });
    socket.on('error', (error) => {
      reject(new NoAnswer(error.message, { cause: error }));
    });
    socket.on('connect', () => {
      resolve(performance.now() - beganAt);
      socket.destroy();
    });
  });
}

/**
 * Makes a TLS handshake, whatever certificate comes.
 *
 * @returns the connection, for the caller to destroy
 * @throws NoAnswer, whose cause is the error of OpenSSL or the system
 */
export function shakeHands(place: Place, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const { host, port, address, connectPort = port } = place;
  return new Promise((resolve, reject) => {
    const to = { host: address ?? host, port: connectPort, family: familyOf(place) };
    const name = { servername: serverName(host) };
    const socket = connectTls({ ...to, ...name, rejectUnauthorized: false, ...options });
    socket.setTimeout(TIMEOUT_MS, () => {
      socket.destroy(new Error(`no TLS handshake within ${TIMEOUT_MS} ms`));
    });
    socket.once('error', (error: Error) => {
      reject(new NoAnswer(error.message, { cause: error }));
    });
    socket.once('close', () => {
      reject(new NoAnswer('the connection was closed'));
    });
    socket.once('secureConnect', () => {
      socket.setTimeout(0);
      resolve(socket);
    });
  });
}

/** The family of addresses that a name is resolved to: KMS knows IPv4 alone. */
export function familyOf({ host, address }: Place): number {
  return address === undefined && isIP(host) === 0 ? 4 : 0;
}

/** The name that TLS asks for; there is none for an address. */
export function serverName(host: string): string {
  return isIP(host) === 0 ? host : '';
}

/** The code of the error that ended a handshake, such as `ECONNRESET`. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return codeOf(error.cause);
}
