import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { invariant } from '../shared/assert.js';

/**
 * Connections that wait to be accepted. The system takes at most net.core.somaxconn; where there is
 * no room, a newcomer tries again after a second.
 */
const BACKLOG = 4_096;

/**
 * Listens on a TCP address. Rejects when it cannot be had, with the system's error.
 *
 * @returns the address with the port that the system chose, where `port` is 0
 */
export async function listen(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<AddressInfo> {
  server.listen({ host, port, backlog: BACKLOG });
  await once(server, 'listening');
  const address = server.address();
  invariant(typeof address === 'object' && address !== null, 'a TCP server has an address');
  return address;
}
