import { once } from 'node:events';
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { onTestFinished } from 'vitest';

/** A client that writes bytes as a test wants them and keeps what comes back. */
export class RawClient<Connection extends Socket = Socket> {
  readonly socket: Connection;
  /** Resolves when the server has closed the connection, in whatever way. */
  readonly closed: Promise<void>;
  /** Of the socket, if it ended with an error. */
  error: NodeJS.ErrnoException | undefined;
  #received = '';

  private constructor(socket: Connection) {
    this.socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.#received += text;
    });
    socket.on('error', (error) => {
      this.error = error;
    });
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        resolve();
      });
    });
    onTestFinished(() => {
      socket.destroy();
    });
  }

  /** @param localAddress where the connection is to come from */
  static async connect(port: number, localAddress?: string): Promise<RawClient> {
    const from = localAddress === undefined ? {} : { localAddress };
    const client = new RawClient(connectPlain({ port, host: '127.0.0.1', ...from }));
    await once(client.socket, 'connect');
    return client;
  }

  /** Does not wait for the handshake, which may fail; `send` is queued until it is done. */
  static tls(port: number, options: ConnectionOptions): RawClient<TLSSocket> {
    return new RawClient(connectTls({ port, host: '127.0.0.1', ...options }));
  }

  send(text: string | Buffer): void {
    this.socket.write(text);
  }

  /** Everything that came back so far. */
  get received(): string {
    return this.#received;
  }
}

/** A POST with its head and body as they go on the wire. */
export function post(path: string, body: string, headers: readonly string[] = []): string {
  const head = [`POST ${path} HTTP/1.1`, 'Host: localhost', ...headers];
  return [...head, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n');
}
