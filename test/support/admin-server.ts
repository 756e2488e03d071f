import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { InForce } from '../../src/admin/in-force.js';
import { administratorOf } from '../../src/admin/administrator.js';
import { createAdminOperations } from '../../src/admin/operations/index.js';
import {
  type AdminAudit,
  createAdminApp,
  type RecordedAct,
} from '../../src/http/admin/admin-app.js';
import { listenOnSocket } from '../../src/http/admin/admin-socket.js';
import { createPeerReader } from '../../src/http/admin/socket-peer.js';
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
  const readPeer = await createPeerReader();
  const server = createServer(
    createAdminApp(
      createAdminOperations(() => parts),
      { log: log.logger, audit, identify: (client) => administratorOf(readPeer(client)) },
    ),
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
