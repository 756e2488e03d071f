import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { ConnectionSlots } from '../connection-slots.js';
import type { Handshakes } from './handshakes.js';
import type { StrangerTurns } from './stranger-turns.js';

/** Cost of a TLS handshake in the turn in which it begins, most of it afterwards: one is a turn. */
const HANDSHAKE_MS = 2;

/** The parts of an entrance. */
export interface EntrancePorts {
  readonly server: Server;
  readonly slots: ConnectionSlots;
  readonly turns: StrangerTurns;
  readonly handshakes: Handshakes;
  /** Longest silence of a new connection. */
  readonly silentMs: number;
}

/**
 * Admits accepted connections within the limits of a listener, before TLS begins. TLS begins with
 * the client's first byte, in turn: a connection that says nothing costs neither time nor the
 * memory of a handshake.
 */
export class Entrance {
  readonly #ports: EntrancePorts;
  readonly #silent = new Set<Socket>();
  /** Accepted, by their ends: a TLS connection does not tell which one it was made from. */
  readonly #accepted = new Map<string, Socket>();
  readonly #eras = new WeakMap<Socket, number>();
  #era = 0;

  /** @param isTls whether the server speaks TLS; it does not listen yet */
  constructor(ports: EntrancePorts, isTls: boolean) {
    this.#ports = ports;
    const { server, slots } = ports;
    const startReading = server.listeners('connection');
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) => {
      if (!slots.admit(socket)) return;
      const ends = endsOf(socket);
      this.#accepted.set(ends, socket);
      this.#eras.set(socket, this.#era);
      socket.once('close', () => {
        if (this.#accepted.get(ends) === socket) this.#accepted.delete(ends);
      });
      const start = (): void => {
        for (const listener of startReading) Reflect.apply(listener, server, [socket]);
      };
      if (isTls) this.#awaitFirstByte(socket, start);
      else start();
    });
  }

  /** The accepted connection that carries this one; undefined once that is gone. */
  acceptedFor(socket: Socket): Socket | undefined {
    return this.#accepted.get(endsOf(socket));
  }

  /**
   * Begins another era: who is let in from now on is judged by other roots and names.
   *
   * @returns its number
   */
  beginEra(): number {
    this.#era += 1;
    return this.#era;
  }

  /** The era in which a connection was accepted, before its client was judged. */
  eraOf(accepted: Socket): number {
    return this.#eras.get(accepted) ?? 0;
  }

  /** Ends all connections, also those that have not come as far as HTTP. */
  endAll(): void {
    for (const socket of this.#accepted.values()) socket.destroy();
  }

  /**
   * Ends the connections that nothing has come from yet: Node does not, because it waits for TLS.
   */
  endSilent(): void {
    for (const socket of this.#silent) socket.destroy();
  }

  #awaitFirstByte(socket: Socket, start: () => void): void {
    const { slots, turns, handshakes, silentMs } = this.#ports;
    const end = (): void => {
      socket.destroy();
    };
    this.#silent.add(socket);
    socket.once('close', () => {
      this.#silent.delete(socket);
    });
    socket.setTimeout(silentMs, end);
    socket.on('error', end);
    socket.once('readable', () => {
      if (socket.readableLength === 0) {
        end();
        return;
      }
      this.#silent.delete(socket);
      slots.noteSpeaking(socket);
      turns.request({
        isNew: true,
        isRefused: false,
        giveWay: end,
        takeTurn: () => {
          if (socket.destroyed) return 0;
          socket.setTimeout(0);
          socket.off('timeout', end);
          handshakes.begin(socket);
          start();
          return HANDSHAKE_MS;
        },
      });
    });
  }
}

/** Both ends: a client may use one port for connections to several of our addresses. */
function endsOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return [remoteAddress, remotePort, localAddress, localPort].join(' ');
}
