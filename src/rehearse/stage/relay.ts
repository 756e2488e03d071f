import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Place } from '../proxy.js';

const LOOPBACK = '127.0.0.1';
const POLL_MS = 25;

/**
 * A relay of connections between the simulator and the proxy, so that the proxy can be out of reach
 * for KMS without anybody touching it. It passes bytes on and opens nothing: TLS goes through it.
 * While the proxy takes no connections, neither does the relay, so that KMS sees what is true.
 */
export class Relay {
  readonly #sockets = new Set<Socket>();
  #target: Place;
  #server: Server | undefined;
  #port = 0;
  #isCut = false;
  /** Ends when a proxy that was away is back. */
  #waiting: Promise<void> | undefined;

  private constructor(target: Place) {
    this.#target = target;
  }

  /** @throws the error of listen(2) */
  static async start(target: Place): Promise<Relay> {
    const relay = new Relay(target);
    await relay.#listen();
    return relay;
  }

  /** The place where the simulator finds the relay. */
  get place(): Place {
    return { address: LOOPBACK, port: this.#port };
  }

  /** Passes new connections on to another place. */
  leadTo(target: Place): void {
    this.#target = target;
  }

  /** Ends all connections and refuses new ones. @throws the error of listen(2) */
  async cut(): Promise<void> {
    this.#isCut = true;
    await this.#waiting;
    this.#server?.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Takes connections again, at the same place. @throws the error of listen(2) */
  async restore(): Promise<void> {
    this.#isCut = false;
    await this.#listen();
  }

  async #listen(): Promise<void> {
    // Who sends nothing more may still receive, as without a relay.
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
      this.#passOn(near);
    });
    server.listen(this.#port, LOOPBACK);
    await once(server, 'listening');
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
  }

  #passOn(near: Socket): void {
    const { address, port } = this.#target;
    const far = connect({ host: address, port, allowHalfOpen: true, noDelay: true });
    far.once('error', () => {
      if (far.pending) this.#waitForProxy();
    });
    this.#join(near, far);
    this.#join(far, near);
  }

  /** Passes on what comes from one side, and its end, whatever that is. */
  #join(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.on('error', () => {
      to.resetAndDestroy();
    });
    from.on('close', () => {
      this.#sockets.delete(from);
      if (!from.readableEnded) to.destroy();
    });
    from.pipe(to);
  }

  #waitForProxy(): void {
    if (this.#isCut || this.#waiting !== undefined) return;
    this.#server?.close();
    this.#waiting = this.#listenWhenBack().finally(() => {
      this.#waiting = undefined;
    });
    // Whoever cuts the relay is told.
    this.#waiting.catch(() => undefined);
  }

  async #listenWhenBack(): Promise<void> {
    for (;;) {
      if (this.#isCut) return;
      if (await takesConnections(this.#target)) break;
      await sleep(POLL_MS);
    }
    await this.#listen();
  }
}

async function takesConnections({ address, port }: Place): Promise<boolean> {
  const socket = connect({ host: address, port });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
