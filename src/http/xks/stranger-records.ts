import type { Socket } from 'node:net';

/**
 * Records of all strangers in one turn of the event loop, which take some milliseconds. A request
 * of KMS has a few; a client that sends a byte in each has many times that.
 */
const MAX_RECORDS = 256;
/** A connection that has sent no more than these in the turn is not ended for what others send. */
const FREE_RECORDS = 4;

/**
 * The TLS records of unauthenticated clients. Node decrypts all that has been read of a connection
 * at once, paused or not, and each record costs as much as a small request, so that those of a few
 * kilobytes would stop the event loop. Nothing but the connection's end stops that.
 */
export class StrangerRecords {
  readonly #ofSockets = new Map<Socket, number>();
  #total = 0;

  /**
   * Counts the records of a connection as they come.
   *
   * @param isTrusted tells whether it has made an authenticated request
   */
  watch(socket: Socket, isTrusted: () => boolean): void {
    const push = socket.push.bind(socket);
    socket.push = (bytes: unknown, encoding?: BufferEncoding): boolean => {
      if (bytes === null || isTrusted() || this.#mayCome(socket)) return push(bytes, encoding);
      endAtOnce(socket);
      return false;
    };
  }

  #mayCome(socket: Socket): boolean {
    if (this.#total === 0) {
      setImmediate(() => {
        this.#total = 0;
        this.#ofSockets.clear();
      });
    }
    this.#total += 1;
    const own = 1 + (this.#ofSockets.get(socket) ?? 0);
    this.#ofSockets.set(socket, own);
    return this.#total <= MAX_RECORDS || own <= FREE_RECORDS;
  }
}

/** `destroy` alone would have the records decrypted that were read before. */
function endAtOnce(socket: Socket): void {
  const destroySsl: unknown = Reflect.get(socket, '_destroySSL');
  if (typeof destroySsl === 'function') Reflect.apply(destroySsl, socket, []);
  socket.destroy();
}
