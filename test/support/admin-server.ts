import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { InForce } from '../../src/admin/in-force.js';
import { createAdminOperations } from '../../src/admin/operations/index.js';
import { type AdminLog, createAdminApp } from '../../src/http/admin-app.js';
import { listenOnSocket } from '../../src/http/admin-socket.js';
import { inForce } from './admin-fixture.js';
import { temporaryFolder } from './temporary-folder.js';

/** A log that keeps its lines as JSON, with their level. */
export class CapturedLog implements AdminLog {
  readonly lines: string[] = [];

  debug(fields: object, message: string): void {
    this.lines.push(JSON.stringify({ level: 'debug', message, ...fields }));
  }

  info(fields: object, message: string): void {
    this.lines.push(JSON.stringify({ level: 'info', message, ...fields }));
  }

  warn(fields: object, message: string): void {
    this.lines.push(JSON.stringify({ level: 'warn', message, ...fields }));
  }

  error(fields: object, message: string): void {
    this.lines.push(JSON.stringify({ level: 'error', message, ...fields }));
  }
}

/** An admin server on a socket in a temporary folder, until the test has finished. */
export async function startAdminServer(parts: InForce = inForce()) {
  const socket = join(temporaryFolder(), 'admin.sock');
  const log = new CapturedLog();
  const server = createServer(
    createAdminApp(
      createAdminOperations(() => parts),
      log,
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
