import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createAdminOperations } from '../admin/operations/index.js';
import type { InForce } from '../admin/in-force.js';
import { createAdminApp } from '../http/admin-app.js';
import { listenOnSocket } from '../http/admin-socket.js';
import type { Logger } from '../observability/logger.js';

/**
 * Serves the admin API on its Unix socket.
 *
 * @throws AdminSocketError when the socket cannot be had
 */
export async function startAdmin(socket: string, inForce: InForce, log: Logger): Promise<Server> {
  const operations = createAdminOperations(() => inForce);
  const server = createServer(createAdminApp(operations, log));
  await listenOnSocket(server, socket);
  return server;
}

/** Cuts off whoever is still connected; an administrative act that was begun is finished. */
export async function stopAdmin(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  await closed;
}
