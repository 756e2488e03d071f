import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/** A TCP port of the loopback interface that nobody listens on just now. */
export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}

/** Different TCP ports of the loopback interface that nobody listens on just now. */
export async function freePorts(count: number): Promise<readonly number[]> {
  // All of them are open at once, so that no two are the same.
  const servers = await Promise.all(Array.from({ length: count }, listen));
  const ports = servers.map(portOf);
  await Promise.all(
    servers.map(async (server) => {
      server.close();
      await once(server, 'close');
    }),
  );
  return ports;
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
