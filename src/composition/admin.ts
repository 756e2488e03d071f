import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { type Administrator, administratorOf } from '../admin/administrator.js';
import { createAdminOperations } from '../admin/operations/index.js';
import type { InForce } from '../admin/in-force.js';
import type { AuditTrail } from '../audit/trail/audit-trail.js';
import { type AdminAudit, type AdminJournals, createAdminApp } from '../http/admin/admin-app.js';
import { listenOnSocket } from '../http/admin/admin-socket.js';
import { createPeerReader, type ReadSocketPeer } from '../http/admin/socket-peer.js';
import type { Logger } from '../observability/logger.js';

/** A client that has connected and sent nothing is not idle in Node's eyes, and never would be. */
const STOP_PATIENCE_MS = 2_000;

/** The services that the admin server needs to record what administrators do. */
export interface AdminPorts {
  readonly log: Logger;
  /** Absent where there is no audit log. */
  readonly trail: AuditTrail | undefined;
  /** Called when an act has succeeded and is recorded. */
  readonly onAct: () => void;
  /** Keeps all that is in force now until something has ended. */
  readonly hold: AdminJournals['hold'];
}

/**
 * Serves the admin API on its Unix socket.
 *
 * @param inForce asked anew for each request
 * @throws AdminSocketError when the socket cannot be had
 */
export async function startAdmin(
  socket: string,
  inForce: () => InForce,
  { log, trail, onAct, hold }: AdminPorts,
): Promise<Server> {
  const operations = createAdminOperations(inForce);
  const audit = trail && auditOf(trail, onAct);
  const identify = identifierOf(await peerReader(log));
  const server = createServer();
  server.on('connection', (client) => void identify(client));
  const isStopping = () => !server.listening;
  server.on('request', createAdminApp(operations, { log, audit, identify, hold }, isStopping));
  await listenOnSocket(server, socket);
  return server;
}

/**
 * Makes a function that says who is on the other end of a connection. To be asked when somebody
 * connects: who hangs up is not known any more, and another process may have that one's id.
 */
export function identifierOf(readPeer: ReadSocketPeer): (client: Socket) => Promise<Administrator> {
  const known = new WeakMap<Socket, Promise<Administrator>>();
  return (client) => {
    const administrator = known.get(client) ?? administratorOf(readPeer(client));
    known.set(client, administrator);
    return administrator;
  };
}

/**
 * Without a way to ask the kernel, records tell no more than that somebody could open the socket.
 */
async function peerReader(log: Logger): Promise<ReadSocketPeer> {
  try {
    return await createPeerReader();
  } catch (error) {
    log.warn({ err: error }, 'the users on the admin socket cannot be told on this system');
    return () => undefined;
  }
}

function auditOf(trail: AuditTrail, onAct: () => void): AdminAudit {
  return {
    assertRecording() {
      trail.assertRecording();
    },
    async recordAct({ act, administrator, request, errorCode }) {
      const result = errorCode === undefined ? 'success' : 'failure';
      const { by, from, with: means } = administrator;
      const externalKeyId = textOf(request['externalKeyId']);
      const keyStore = textOf(request['keyStore']);
      await trail.recordAct({
        act,
        by,
        from,
        with: means,
        externalKeyId,
        keyStore,
        request,
        result,
        errorCode,
      });
      if (result === 'success') onAct();
    },
  };
}

function textOf(field: unknown): string | undefined {
  return typeof field === 'string' ? field : undefined;
}

/** Lets an administrative act that was begun finish, and cuts off whoever has not begun one. */
export async function stopAdmin(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  const cutOff = setTimeout(() => {
    server.closeAllConnections();
  }, STOP_PATIENCE_MS);
  await closed;
  clearTimeout(cutOff);
}
