import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { listen } from '../http/listen.js';
import { type Endpoint, formatAddress, listenAt } from './address.js';

/**
 * Addresses that are taken before anything is made, so that a start which cannot listen leaves
 * nothing behind. Whoever connects meanwhile is disconnected at once.
 */
export class ReservedAddresses {
  readonly #servers = new Map<string, Server>();

  /**
   * Takes every address; a port of 0 is any free one, which is there later as well.
   *
   * @throws AddressError
   */
  static async take(endpoints: readonly Endpoint[]): Promise<ReservedAddresses> {
    const reserved = new ReservedAddresses();
    try {
      for (const endpoint of endpoints) await reserved.#take(endpoint);
      return reserved;
    } catch (error) {
      await reserved.releaseAll();
      throw error;
    }
  }

  /** Lets an address go, for the server that is to listen there from now on. */
  async release({ host, port }: Pick<Endpoint, 'host' | 'port'>): Promise<void> {
    const name = formatAddress(host, port);
    const server = this.#servers.get(name);
    this.#servers.delete(name);
    if (server === undefined) return;
    server.close();
    await once(server, 'close');
  }

  /** Lets go of what is left. */
  async releaseAll(): Promise<void> {
    for (const server of this.#servers.values()) {
      server.close();
      await once(server, 'close');
    }
    this.#servers.clear();
  }

  async #take(endpoint: Endpoint): Promise<void> {
    if (endpoint.port === 0) return;
    const server = createServer((socket) => {
      socket.resetAndDestroy();
    });
    await listenAt(endpoint, () => listen(server, endpoint));
    this.#servers.set(formatAddress(endpoint.host, endpoint.port), server);
  }
}
