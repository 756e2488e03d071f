import { createServer as createPlainServer, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { Logger } from '../observability/logger.js';
import { admitNamedClients } from './client-certificates.js';
import { endWith, isMalformedRequest, malformedRequestResponse } from './client-error.js';
import type { ListenerConfig } from './config.js';
import type { Connections } from './connection.js';
import type { MessageClasses } from './express-classes.js';
import { tlsOptions, type TlsMaterial } from './tls.js';

/** What a Node server of ours is made from. */
export interface NodeServerParts {
  readonly listener: ListenerConfig;
  /** Exactly where the listener has `tls`. */
  readonly material: TlsMaterial | undefined;
  readonly classes: MessageClasses;
  /** Told of every connection that comes as far as HTTP, before its first request. */
  readonly connections: Connections;
  readonly logger: Logger;
}

/** Node looks for requests that take too long this often; its own default is 30 s. */
const TIMEOUT_CHECK_MS = 1_000;
const DROP_REPORT_MS = 60_000;

/**
 * Makes Node's server with our limits, which answers what it cannot parse in JSON. Requests are
 * the caller's: its `request` event has no listener yet.
 */
export function createNodeServer(parts: NodeServerParts): Server | TlsServer {
  const { listener, material } = parts;
  const options = serverOptions(parts);
  const server =
    material === undefined
      ? plainServer(parts, options)
      : tlsServer(parts, { ...options, ...tlsOptions(material) });
  server.maxConnections = listener.limits.maxConnections;
  logDrops(server, parts.logger);
  // Node would silently leave out headers beyond the 1000th; maxHeaderBytes is limit enough.
  server.maxHeadersCount = 0;
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    answerMalformed(parts, error.code ?? '', socket);
  });
  return server;
}

/** Says so when connections are dropped, and a minute later how many they were. */
function logDrops(server: Server, logger: Logger): void {
  let dropped = 0;
  server.on('drop', () => {
    dropped += 1;
    if (dropped > 1) return;
    logger.warn('maxConnections is reached, and connections are dropped');
    setTimeout(() => {
      logger.warn({ dropped }, 'connections were dropped in the last minute');
      dropped = 0;
    }, DROP_REPORT_MS).unref();
  });
}

function serverOptions({ listener: { limits }, classes }: NodeServerParts): ServerOptions {
  return {
    ...classes,
    maxHeaderSize: limits.maxHeaderBytes,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    connectionsCheckingInterval: TIMEOUT_CHECK_MS,
    // Idleness is a matter of the socket's own timeout, which depends on what the client has shown.
    keepAliveTimeout: 0,
    // Whether a Host header is there, once, and signed, is the signature check's business.
    requireHostHeader: false,
  };
}

function plainServer({ connections, listener }: NodeServerParts, options: ServerOptions): Server {
  const server = createPlainServer(options);
  server.on('connection', (socket) => {
    connections.open(socket, listener.limits.unauthenticatedIdleMs);
  });
  return server;
}

function tlsServer(parts: NodeServerParts, options: ServerOptions): TlsServer {
  const { listener, connections, logger } = parts;
  const { unauthenticatedIdleMs } = listener.limits;
  const server = createTlsServer(options);
  const allowedNames = listener.tls?.clientCertificates?.allowedNames;
  if (allowedNames === undefined) {
    server.on('secureConnection', (socket) => {
      connections.open(socket, unauthenticatedIdleMs);
    });
  } else {
    admitNamedClients(server, allowedNames, {
      admitted: (socket, client) => {
        connections.open(socket, unauthenticatedIdleMs, client);
      },
      refused: (socket) => {
        logRefusal(logger, socket, 'name not allowed');
      },
    });
  }
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
    const reason = reasonOfRefusal(error, socket);
    if (reason !== undefined) logRefusal(logger, socket, reason);
    else logger.debug({ clientAddress: socket.remoteAddress, code: error.code }, 'TLS failed');
  });
  return server;
}

/** @returns `undefined` where the handshake failed for another reason than a certificate */
function reasonOfRefusal(error: NodeJS.ErrnoException, socket: TLSSocket): string | undefined {
  if (error.code === 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE') return 'no certificate';
  // Node leaves OpenSSL's verdict here, and reports the connection as reset.
  const verdict: unknown = socket.authorizationError;
  return typeof verdict === 'string' ? verdict : undefined;
}

function logRefusal(logger: Logger, socket: TLSSocket, reason: string): void {
  logger.warn(
    { clientAddress: socket.remoteAddress, reason },
    'a client was disconnected because of its certificate',
  );
}

function answerMalformed(parts: NodeServerParts, code: string, socket: Duplex): void {
  const connection = parts.connections.of(socket);
  if (connection !== undefined && isMalformedRequest(code)) {
    const { clientAddress } = connection;
    parts.logger.info({ clientAddress, code }, 'a request could not be parsed');
    if (connection.mayWritePastOrder()) {
      endWith(malformedRequestResponse(code), socket);
      return;
    }
  }
  socket.destroy();
}
