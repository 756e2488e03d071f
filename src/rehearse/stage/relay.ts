import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { Place } from '../proxy.js';

const LOOPBACK = '127.0.0.1';

/**
 * A relay of connections between the simulator and the proxy, so that the proxy can be out of reach
 * for KMS without anybody touching it. It passes bytes on and opens nothing: TLS goes through it.
 */
export class Relay {
  readonly #sockets = new Set<Socket>();
  #target: Place;
  #server: Server;
  #port = 0;

  private constructor(target: Place) {
    this.#target = target;
    this.#server = this.#makeServer();
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

  /** Ends all connections and refuses new ones. */
  async cut(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** Takes connections again, at the same place. @throws the error of listen(2) */
  async restore(): Promise<void> {
    this.#server = this.#makeServer();
    await this.#listen();
  }

  async #listen(): Promise<void> {
    this.#server.listen(this.#port, LOOPBACK);
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  #makeServer(): Server {
    // Who sends nothing more may still receive, as without a relay.
    return createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
      const { address, port } = this.#target;
      const far = connect({ host: address, port, allowHalfOpen: true, noDelay: true });
      this.#join(near, far);
      this.#join(far, near);
    });
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
}
