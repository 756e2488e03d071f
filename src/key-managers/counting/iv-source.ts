import type { RandomBytes } from '../../shared/randomness.js';

const IV_BYTES = 12;
const IVS_A_REFILL = 1024;

/** Hands out random 96-bit IVs, each once, drawing randomness a thousand at a time. */
export class IvSource {
  readonly #randomBytes: RandomBytes;
  #pool: Buffer = Buffer.alloc(0);
  #taken = 0;

  constructor(randomBytes: RandomBytes) {
    this.#randomBytes = randomBytes;
  }

  next(): Buffer {
    if (this.#taken === this.#pool.length) {
      this.#pool = this.#randomBytes(IVS_A_REFILL * IV_BYTES);
      this.#taken = 0;
    }
    const iv = this.#pool.subarray(this.#taken, this.#taken + IV_BYTES);
    this.#taken += IV_BYTES;
    return iv;
  }
}
