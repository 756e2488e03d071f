/** Bytes held for all strangers together: heads and bodies that have not all arrived yet. */
const MAX_HELD_BYTES = 64 * 1024 * 1024;

/** A connection with bytes that wait to be parsed or answered. */
export interface Holder {
  /** Ends it, to make room for others. */
  giveWay(): void;
}

/**
 * The bytes that are held for unauthenticated clients, over all listeners. Beyond the limit, the
 * connection that has held some longest is ended.
 */
export class HeldBytes {
  readonly #maxBytes: number;
  /** The longest first. */
  readonly #held = new Map<Holder, number>();
  #total = 0;

  constructor(maxBytes = MAX_HELD_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** Counts more bytes for a connection, and makes room for them. */
  add(holder: Holder, bytes: number): void {
    this.#total += bytes;
    this.#held.set(holder, bytes + (this.#held.get(holder) ?? 0));
    for (const [oldest] of this.#held) {
      if (this.#total <= this.#maxBytes) break;
      this.release(oldest);
      oldest.giveWay();
    }
  }

  /** Nothing is held for the connection any more. */
  release(holder: Holder): void {
    this.#total -= this.#held.get(holder) ?? 0;
    this.#held.delete(holder);
  }
}
