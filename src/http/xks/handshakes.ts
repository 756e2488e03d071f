import type { Socket } from 'node:net';

/**
 * TLS handshakes that may be under way at once. Once TLS has begun with a connection, nothing holds
 * up what its client sends next, and a step of a handshake takes up to a millisecond: so long the
 * event loop stands still at most, for each of them, where all go on in the same moment. KMS, a few
 * round trips away, has finished before so many others have begun.
 */
const MAX_HANDSHAKES = 128;

/** The connections, over all listeners, whose TLS handshake has begun and not ended. */
export class Handshakes {
  /** The oldest first. */
  readonly #going = new Set<Socket>();

  /** A handshake begins; where there are too many, the oldest gives way. */
  begin(socket: Socket): void {
    this.#going.add(socket);
    socket.once('close', () => {
      this.end(socket);
    });
    for (const oldest of this.#going) {
      if (this.#going.size <= MAX_HANDSHAKES) break;
      this.#going.delete(oldest);
      oldest.destroy();
    }
  }

  /** It is through. */
  end(socket: Socket): void {
    this.#going.delete(socket);
  }
}
