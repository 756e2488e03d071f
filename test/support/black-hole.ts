import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/**
 * A way to a server on loopback that can be made to swallow everything, as a broken network does.
 */
export class BlackHole {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #targetPort: number;
  #isOpen = true;

  private constructor(server: Server, targetPort: number) {
    this.#server = server;
    this.#targetPort = targetPort;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (client) => {
      this.#join(client, connect(this.#targetPort, '127.0.0.1'));
    });
  }

  static async before(targetPort: number): Promise<BlackHole> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new BlackHole(server, targetPort);
  }

  /** From now on nothing comes through, and nobody is told. */
  swallow(): void {
    this.#isOpen = false;
  }

  /** Lets everything through again, on new connections: what was swallowed is lost. */
  letThrough(): void {
    this.#isOpen = true;
    this.cut();
  }

  /** Ends all connections; new ones go to another server. */
  redirect(targetPort: number): void {
    this.#targetPort = targetPort;
    this.cut();
  }

  /** Ends all connections, as when a firewall forgets them. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.#server.close();
    this.cut();
  }

  #join(client: Socket, target: Socket): void {
    for (const [from, to] of [
      [client, target],
      [target, client],
    ] as const) {
      this.#sockets.add(from);
      from.on('data', (chunk: Buffer) => {
        if (this.#isOpen) to.write(chunk);
      });
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
  }
}
