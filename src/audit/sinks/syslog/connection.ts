import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import type { SyslogSinkConfig } from '../config.js';

const CONNECT_TIMEOUT_MS = 10_000;
/**
 * A collector that has taken nothing for so long is gone, and the kernel may take 15 minutes to
 * notice.
 */
const STALL_TIMEOUT_MS = 60_000;
const KEEP_ALIVE_MS = 30_000;

/** One TLS connection to a collector, which says nothing back. */
export class SyslogConnection {
  readonly #socket: TLSSocket;
  readonly #ready: Promise<void>;
  #failure: Error | undefined;

  /** @param onLost called once when it has failed, or was closed by either side */
  constructor(options: ConnectionOptions, onLost: () => void) {
    const socket = connect(options);
    this.#socket = socket;
    this.#ready = new Promise((resolve) => {
      socket.once('secureConnect', resolve);
      socket.once('close', () => {
        resolve();
      });
    });
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.on('error', (error) => {
      this.#failure ??= error;
    });
    socket.once('close', () => {
      this.#failure ??= new Error('the collector has closed the connection');
      onLost();
    });
    // Nothing is expected, but the end of the stream has to be noticed.
    socket.resume();
  }

  /** The reason why it is of no use any more; undefined while it is. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /**
   * Waits for the handshake, in which the collector's certificate is verified.
   *
   * @throws Error with the code of Node, OpenSSL or the system, or after 10 s
   */
  async open(): Promise<void> {
    await this.#within(CONNECT_TIMEOUT_MS, 'the collector has not answered', this.#ready);
    if (this.#failure !== undefined) throw this.#failure;
  }

  /**
   * Sends. Whoever sends waits for it, so that no more than this is kept for a slow collector.
   *
   * @throws Error when the connection is lost, or the collector has taken nothing for a minute
   */
  async send(bytes: Buffer): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const sent = new Promise<void>((resolve, reject) => {
      this.#socket.write(bytes, (error) => {
        if (error instanceof Error) reject(this.#failure ?? error);
        else resolve();
      });
    });
    await this.#within(STALL_TIMEOUT_MS, 'the collector takes nothing', sent);
  }

  /**
   * Says that this is all, and waits for the collector to close the connection as well: it does so
   * when it has read everything.
   *
   * @returns whether it did
   */
  async finish(): Promise<boolean> {
    if (this.#failure !== undefined || this.#socket.readableEnded) return false;
    const closed = new Promise<void>((resolve) => {
      this.#socket.once('close', resolve);
    });
    this.#socket.end();
    await closed;
    return hasEndedInOrder(this.#socket);
  }

  /** Drops it, with whatever is under way. */
  destroy(reason?: Error): void {
    this.#failure ??= reason;
    this.#socket.destroy();
  }

  async #within(timeoutMs: number, message: string, work: Promise<void>): Promise<void> {
    const timer = setTimeout(() => {
      this.destroy(Object.assign(new Error(message), { code: 'ETIMEDOUT' }));
    }, timeoutMs).unref();
    try {
      await work;
    } finally {
      clearTimeout(timer);
    }
  }
}

function hasEndedInOrder({ readableEnded, errored }: TLSSocket): boolean {
  return readableEnded && errored === null;
}

/**
 * Reads the options of a connection to a collector, with the files as they are now.
 *
 * @throws the file system's error
 */
export async function syslogTlsOptions({
  host,
  port,
  tls,
}: Pick<SyslogSinkConfig, 'host' | 'port' | 'tls'>): Promise<ConnectionOptions> {
  const servername = tls.serverName ?? (isIP(host) === 0 ? host : undefined);
  return {
    host,
    port,
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
    ...(servername === undefined ? {} : { servername }),
    ...(tls.ca === undefined ? {} : { ca: await readFile(tls.ca) }),
    ...(tls.certificate === undefined ? {} : { cert: await readFile(tls.certificate) }),
    ...(tls.privateKey === undefined ? {} : { key: await readFile(tls.privateKey) }),
  };
}
