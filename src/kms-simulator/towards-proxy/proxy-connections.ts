import type { ClientRequest, IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import type { Socket } from 'node:net';
import { type PeerCertificate, TLSSocket } from 'node:tls';
import type { ResolvedHost } from '../../shared/resolved-host.js';
import { XksFailure } from './xks-failure.js';

/** The suites that the specification lists; a proxy has to offer one of them. */
const CIPHERS = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
].join(':');

/** More than any answer of the specification needs: 8 KB at most, and vendors' own fields. */
const MAX_ANSWER_BYTES = 64 * 1024;
const MAX_CONNECTIONS = 64;
/** Kept connections that may turn out to be closed before a request is given up. */
const MAX_STALE = 3;
const HTTPS_PORT = 443;

/** The way to proxies. */
export interface ProxyConnectionsConfig {
  readonly resolve: readonly ResolvedHost[];
  /** PEM of the authorities that are trusted; default those that Node knows. */
  readonly ca?: string | undefined;
}

/** A signed request on its way. */
export interface SignedRequest {
  /** Name of the proxy, without a port. */
  readonly host: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Time for the whole attempt, connection included. */
  readonly timeoutMs: number;
  /** True to lose the connection once the request is sent. */
  readonly loseConnection: boolean;
}

/** An answer as it came. */
export interface RawAnswer {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly body: Buffer;
}

/** The name in a proxy's certificate, and its end. */
export interface ProxyCertificate {
  readonly commonName: string;
  /** In ms since 1970. */
  readonly expiresAt: number;
}

/** Connections to proxies over TLS, kept alive, HTTP/1.1 and IPv4 as KMS has them. */
export class ProxyConnections {
  readonly #agent: Agent;
  readonly #resolved: ReadonlyMap<string, ResolvedHost>;
  readonly #certificates = new Map<string, ProxyCertificate>();

  constructor({ resolve, ca }: ProxyConnectionsConfig) {
    this.#resolved = new Map(resolve.map((resolved) => [resolved.host, resolved]));
    this.#agent = new Agent({
      keepAlive: true,
      maxSockets: MAX_CONNECTIONS,
      scheduling: 'lifo',
      minVersion: 'TLSv1.2',
      ciphers: CIPHERS,
      ...(ca === undefined ? {} : { ca }),
    });
  }

  /** The certificate that the proxy of this name has shown last. */
  certificateOf(host: string): ProxyCertificate | undefined {
    return this.#certificates.get(host);
  }

  /**
   * Sends a request once. A connection that was kept alive and turns out to be closed is no
   * attempt: the request goes over another, within the same time.
   *
   * @throws XksFailure when no answer comes
   */
  async send(signed: SignedRequest): Promise<RawAnswer> {
    const deadline = performance.now() + signed.timeoutMs;
    for (let stale = 0; ; stale += 1) {
      const attempt = this.#begin(signed);
      try {
        return await exchange(attempt, signed, deadline - performance.now());
      } catch (error) {
        const isLast = stale === MAX_STALE || performance.now() >= deadline;
        if (!attempt.wasStale || isLast) throw error;
      }
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #begin({ host, path, headers }: SignedRequest): Attempt {
    const { address, port } = this.#resolved.get(host.toLowerCase()) ?? {
      address: host,
      port: HTTPS_PORT,
    };
    const sent = request({
      method: 'POST',
      host: address,
      port,
      servername: host,
      path,
      headers,
      agent: this.#agent,
      family: this.#resolved.has(host.toLowerCase()) ? 0 : 4,
    });
    const attempt = new Attempt(sent);
    sent.once('socket', (socket) => {
      attempt.follow(socket, (certificate) => {
        this.#certificates.set(host, certificate);
      });
    });
    return attempt;
  }
}

/** Progress of an attempt; without a connection of its own it is `queued`. */
type Phase = 'queued' | 'tcp' | 'tls' | 'http';

class Attempt {
  phase: Phase = 'queued';
  /** True where the connection had been closed before the request came to it. */
  wasStale = false;

  readonly sent: ClientRequest;

  constructor(sent: ClientRequest) {
    this.sent = sent;
    sent.on('error', ({ code }: NodeJS.ErrnoException) => {
      this.wasStale = sent.reusedSocket && (code === 'ECONNRESET' || code === 'EPIPE');
    });
    sent.once('response', () => {
      this.phase = 'http';
    });
  }

  /** Notes how far the connection is; one that was kept alive is ready at once. */
  follow(socket: Socket, onCertificate: (certificate: ProxyCertificate) => void): void {
    this.phase = this.sent.reusedSocket ? 'http' : 'tcp';
    if (this.sent.reusedSocket) return;
    socket.once('connect', () => {
      this.phase = 'tls';
    });
    socket.once('secureConnect', () => {
      this.phase = 'http';
      if (!(socket instanceof TLSSocket)) return;
      const certificate = socket.getPeerCertificate();
      if (Object.hasOwn(certificate, 'valid_to')) onCertificate(certificateOf(certificate));
    });
  }
}

/** Sends a request on its way and waits for the whole answer. @throws XksFailure */
function exchange(attempt: Attempt, signed: SignedRequest, timeMs: number): Promise<RawAnswer> {
  const { sent } = attempt;
  return new Promise((resolve, reject) => {
    const fail = (failure: XksFailure): void => {
      clearTimeout(timer);
      reject(failure);
      sent.destroy();
    };
    const timer = setTimeout(() => {
      fail(timeoutIn(attempt.phase, signed.timeoutMs));
    }, timeMs);
    sent.on('error', (cause) => {
      fail(failureOf(attempt.phase, cause));
    });
    sent.once('response', (response) => {
      readAnswer(response, fail, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
    });
    sent.end(signed.body, () => {
      if (signed.loseConnection) sent.destroy(new Error('the connection was lost'));
    });
  });
}

function certificateOf({ subject, valid_to }: PeerCertificate): ProxyCertificate {
  return { commonName: [subject.CN].flat().join(' '), expiresAt: Date.parse(valid_to) };
}

/** Time that runs out before there is a connection is a connection that cannot be had. */
function timeoutIn(phase: Phase, timeoutMs: number): XksFailure {
  const scenario = { queued: 'timeout', tcp: 'no-tcp', tls: 'no-tls', http: 'timeout' } as const;
  const detail = `no answer in ${timeoutMs} ms (${phase})`;
  return new XksFailure(scenario[phase], detail, { timedOut: true });
}

function failureOf(phase: Phase, cause: Error): XksFailure {
  if (phase === 'tcp') {
    return new XksFailure('no-tcp', `no TCP connection: ${cause.message}`, { cause });
  }
  if (phase === 'tls' || isOfTls(cause)) {
    return new XksFailure('no-tls', `no TLS connection: ${cause.message}`, { cause });
  }
  const scenario = isOfHttp(cause) ? 'malformed' : 'no-tcp';
  return new XksFailure(scenario, `the connection broke: ${cause.message}`, { cause });
}

/** Tells whether Node's parser has refused the answer: then it is no HTTP. */
function isOfHttp(error: NodeJS.ErrnoException): boolean {
  return error.code?.startsWith('HPE_') === true;
}

/** Node checks the name in the certificate after the handshake. */
function isOfTls(error: NodeJS.ErrnoException): boolean {
  return /^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_)/.test(error.code ?? '');
}

function readAnswer(
  response: IncomingMessage,
  fail: (failure: XksFailure) => void,
  done: (answer: RawAnswer) => void,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) {
      fail(new XksFailure('malformed', `more than ${MAX_ANSWER_BYTES} bytes came`));
    }
  });
  response.on('error', (cause) => {
    fail(new XksFailure('malformed', `the answer broke off: ${cause.message}`, { cause }));
  });
  response.once('end', () => {
    done({
      status: response.statusCode ?? 0,
      contentType: response.headers['content-type'],
      body: Buffer.concat(chunks),
    });
  });
}
