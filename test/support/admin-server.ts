import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { InForce } from '../../src/admin/in-force.js';
import { createAdminOperations } from '../../src/admin/operations/index.js';
import {
  type AdminAudit,
  createAdminApp,
  type RecordedAct,
} from '../../src/http/admin/admin-app.js';
import { listenOnSocket } from '../../src/http/admin/admin-socket.js';
import { createPeerReader } from '../../src/http/admin/socket-peer.js';
import { identifierOf } from '../../src/composition/admin.js';
import { inForce } from './admin-fixture.js';
import { captureLog } from './log-lines.js';
import { temporaryFolder } from './temporary-folder.js';

/**
 * An admin server on a socket in a temporary folder, until the test has finished. Its acts are kept
 * in `acts` instead of an audit log.
 */
export async function startAdminServer(parts: InForce = inForce()) {
  const socket = join(temporaryFolder(), 'admin.sock');
  const log = captureLog();
  const acts: RecordedAct[] = [];
  const audit: AdminAudit = {
    assertRecording: () => undefined,
    recordAct(act) {
      acts.push(act);
      return Promise.resolve();
    },
  };
  const identify = identifierOf(await createPeerReader());
  const server = createServer();
  server.on('connection', (client) => void identify(client));
  const operations = createAdminOperations(() => parts);
  const hold = async <T>(work: () => T | Promise<T>) => work();
  const journals = { log: log.logger, audit, identify, hold };
  server.on(
    'request',
    createAdminApp(operations, journals, () => !server.listening),
  );
  await listenOnSocket(server, socket);
  onTestFinished(() => closeServer(server));
  return { socket, server, log, acts };
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
