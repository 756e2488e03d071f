import type { Position } from '../feed/position.js';

/**
 * Syslog acknowledges nothing, so what a lost connection was given may be in the buffers of either
 * kernel: Linux lets them grow to 4 MiB for the sender and 6 MiB for the receiver.
 */
const DOUBTED_BYTES = 8 * 1024 * 1024;
/** Small sends are remembered together. */
const GRAIN_BYTES = 64 * 1024;

interface Handed {
  readonly before: Position;
  bytes: number;
}

/** What a connection was given last and may not have delivered. */
export class InDoubt {
  readonly #handed: Handed[] = [];
  #bytes = 0;

  /** From where on delivery is in doubt; undefined when nothing is. */
  get since(): Position | undefined {
    return this.#handed[0]?.before;
  }

  /** @param before where the sink stood before these bytes */
  add(before: Position, bytes: number): void {
    const last = this.#handed.at(-1);
    if (last !== undefined && last.bytes < GRAIN_BYTES) last.bytes += bytes;
    else this.#handed.push({ before, bytes });
    this.#bytes += bytes;
    this.#forgetDelivered();
  }

  /** Everything has arrived, or is going to be sent again. */
  clear(): void {
    this.#handed.length = 0;
    this.#bytes = 0;
  }

  #forgetDelivered(): void {
    let [oldest] = this.#handed;
    while (oldest !== undefined && this.#bytes - oldest.bytes >= DOUBTED_BYTES) {
      this.#handed.shift();
      this.#bytes -= oldest.bytes;
      [oldest] = this.#handed;
    }
  }
}
