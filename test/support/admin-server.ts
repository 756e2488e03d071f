import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { InForce } from '../../src/admin/in-force.js';
import { createAdminOperations } from '../../src/admin/operations/index.js';
import { createAdminApp } from '../../src/http/admin-app.js';
import { listenOnSocket } from '../../src/http/admin-socket.js';
import { inForce } from './admin-fixture.js';
import { captureLog } from './log-lines.js';
import { temporaryFolder } from './temporary-folder.js';

/** An admin server on a socket in a temporary folder, until the test has finished. */
export async function startAdminServer(parts: InForce = inForce()) {
  const socket = join(temporaryFolder(), 'admin.sock');
  const log = captureLog();
  const server = createServer(
    createAdminApp(
      createAdminOperations(() => parts),
      { log: log.logger, audit: undefined },
    ),
  );
  await listenOnSocket(server, socket);
  onTestFinished(() => closeServer(server));
  return { socket, server, log };
}

/** Closes a server that may have been closed before. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}
