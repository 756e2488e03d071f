import { createServer as createPlainServer, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { StrangerLog } from '../../observability/stranger-log.js';
import type { Logger } from '../../observability/logger.js';
import { admitNamedClients, type ClientIdentity } from '../tls/client-certificates.js';
import { endWith, isMalformedRequest, malformedRequestResponse } from './client-error.js';
import type { ListenerConfig } from '../config.js';
import type { ConnectionPorts, Connections } from './connection.js';
import { ConnectionSlots } from '../connection-slots.js';
import type { DoorPorts } from './door.js';
import { Entrance } from './entrance.js';
import { MAX_HEADERS } from '../request-head.js';
import { tlsOptions, type TlsMaterial } from '../tls/tls.js';

/** The parts of a Node server. */
export interface NodeServerPorts {
  readonly listener: ListenerConfig;
  /** The material that it begins with; exactly where the listener has `tls`. */
  readonly material: TlsMaterial | undefined;
  /** The names of client certificates that may connect now; undefined where none is asked for. */
  readonly allowedNames: () => readonly string[] | undefined;
  /** Told of every connection that comes as far as HTTP, before its first request. */
  readonly connections: Connections;
  /** Shared by all listeners. */
  readonly doors: DoorPorts;
  readonly turnAway: ConnectionPorts['turnAway'];
  readonly strangers: StrangerLog;
  readonly logger: Logger;
}

/** A server, and the way into it. */
export interface NodeServer {
  readonly server: Server | TlsServer;
  readonly entrance: Entrance;
}

/** Node looks for requests that take too long this often; its own default is 30 s. */
const TIMEOUT_CHECK_MS = 1_000;
const DROP_REPORT_MS = 60_000;

/**
 * Makes Node's server with our limits, which answers what it cannot parse in JSON. Requests are
 * the caller's: its `request` event has no listener yet.
 */
export function createNodeServer(ports: NodeServerPorts): NodeServer {
  const { listener, material, doors } = ports;
  const options = serverOptions(ports);
  const server =
    material === undefined
      ? createPlainServer(options)
      : createTlsServer({ ...options, ...tlsOptions(material) });
  const slots = new ConnectionSlots(listener.limits, dropReport(ports.logger));
  const { turns, handshakes } = doors;
  const silentMs = listener.limits.unauthenticatedIdleMs;
  const entrance = new Entrance(
    { server, slots, turns, handshakes, silentMs },
    material !== undefined,
  );
  const open = opener(ports, slots, entrance);
  if (material === undefined)
    server.on('connection', (socket: Socket) => {
      // A socket that there is no room for does not come as far as HTTP.
      if (!socket.destroyed) open(socket);
    });
  else admitTls(ports, server, open);
  // One more than a head may have: Node silently leaves out what is beyond its own limit.
  server.maxHeadersCount = MAX_HEADERS + 1;
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    answerMalformed(ports, error.code ?? '', socket);
  });
  return { server, entrance };
}

/** Logs the first connection that is ended for want of room, and a minute later their number. */
function dropReport(logger: Logger): () => void {
  let ended = 0;
  return () => {
    ended += 1;
    if (ended > 1) return;
    logger.warn('maxConnections is reached, and connections are dropped');
    setTimeout(() => {
      logger.warn({ dropped: ended }, 'connections were dropped in the last minute');
      ended = 0;
    }, DROP_REPORT_MS).unref();
  };
}

function serverOptions({ listener: { limits } }: NodeServerPorts): ServerOptions {
  return {
    maxHeaderSize: limits.maxHeaderBytes,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    connectionsCheckingInterval: TIMEOUT_CHECK_MS,
    // Idleness is a matter of the socket's own timeout, which depends on what the client has shown.
    keepAliveTimeout: 0,
    // Node's own answer has no body; ours is in `problemOfHead`.
    requireHostHeader: false,
  };
}

type Open = (socket: Socket, client?: ClientIdentity) => void;

/** Makes the handler of connections to which Node's HTTP server has just begun to listen. */
function opener(ports: NodeServerPorts, slots: ConnectionSlots, entrance: Entrance): Open {
  const { connections, listener, doors, turnAway } = ports;
  return (socket, client) => {
    const accepted = entrance.acceptedFor(socket);
    if (accepted !== undefined) doors.handshakes.end(accepted);
    connections.open(socket, listener.limits.unauthenticatedIdleMs, {
      ...doors,
      turnAway,
      client,
      era: accepted === undefined ? 0 : entrance.eraOf(accepted),
      onAuthenticated: () => {
        if (accepted !== undefined) slots.noteAuthenticated(accepted);
      },
      onTooManyHeaders: () => {
        answerMalformed(ports, 'HPE_TOO_MANY_HEADERS', socket);
      },
      onTooManyPieces: () => {
        answerMalformed(ports, 'HPE_TOO_MANY_PIECES', socket);
      },
    });
  };
}

function admitTls(ports: NodeServerPorts, server: Server | TlsServer, open: Open): void {
  const { allowedNames } = ports;
  if (allowedNames() === undefined) {
    server.on('secureConnection', (socket: TLSSocket) => {
      open(socket);
    });
  } else {
    admitNamedClients(server as TlsServer, () => allowedNames() ?? [], {
      admitted: open,
      refused: (socket) => {
        logRefusal(ports, socket, 'name not allowed');
      },
    });
  }
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) => {
    const reason = reasonOfRefusal(error, socket);
    if (reason !== undefined) logRefusal(ports, socket, reason);
    else logTlsFailure(ports, socket, error.code);
  });
}

/** @returns `undefined` where the handshake failed for another reason than a certificate */
function reasonOfRefusal(error: NodeJS.ErrnoException, socket: TLSSocket): string | undefined {
  if (error.code === 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE') return 'no certificate';
  // Node leaves OpenSSL's verdict here, and reports the connection as reset.
  const verdict: unknown = socket.authorizationError;
  return typeof verdict === 'string' ? verdict : undefined;
}

function logRefusal({ logger, strangers }: NodeServerPorts, socket: Socket, reason: string): void {
  if (!strangers.isTold('certificate refused')) return;
  logger.warn(
    { clientAddress: socket.remoteAddress, reason },
    'a client was disconnected because of its certificate',
  );
}

function logTlsFailure(
  { logger, strangers }: NodeServerPorts,
  socket: Socket,
  code?: string,
): void {
  if (!logger.isLevelEnabled('debug') || !strangers.isTold('TLS failed')) return;
  logger.debug({ clientAddress: socket.remoteAddress, code }, 'TLS failed');
}

function answerMalformed(ports: NodeServerPorts, code: string, socket: Duplex): void {
  const { logger, strangers } = ports;
  const connection = ports.connections.of(socket);
  if (connection !== undefined && isMalformedRequest(code)) {
    const { clientAddress } = connection;
    if (logger.isLevelEnabled('info') && strangers.isTold('not parsed')) {
      logger.info({ clientAddress, code }, 'a request could not be parsed');
    }
    if (connection.mayWritePastOrder()) {
      endWith(malformedRequestResponse(code), socket, connection.door);
      return;
    }
  }
  socket.destroy();
}
