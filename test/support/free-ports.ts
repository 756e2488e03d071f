import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { freePort } from '../../scripts/lib/free-port.mjs';

export { freePort };

/** Different TCP ports of the loopback interface that nobody listens on just now. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}

/** A TCP port of the loopback interface that is in use. */
interface TakenPort {
  readonly port: number;
  readonly release: () => void;
}

/** Takes a TCP port of the loopback interface. Whoever calls releases it. */
export async function takePort(): Promise<TakenPort> {
  const server = await listen();
  return { port: portOf(server), release: () => server.close() };
}

async function listen(): Promise<Server> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP port has a number');
  return address.port;
}
